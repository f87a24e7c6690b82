import { expect } from 'chai';
import { afterJobEvent, afterRunEvent, type JobFacts } from '../../../../src/domain/alert-rule/job-facts.ts';
import { judge } from '../../../../src/domain/alert-rule/judge.ts';
import type { Actor, AlertCondition, JobEvent, RunEvent } from '../../../../src/domain/events/index.ts';
import { aJob, jobCreated, jobDeleted, jobDisabled } from '../../../support/jobs.ts';
import { runsOf } from '../../../support/run-events.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const t0 = Date.UTC(2026, 2, 2, 9);
const ann: Actor = { type: 'user', name: 'ann' };
const carillon: Actor = { type: 'system', name: 'carillon' };

/** Takes events of one job in, each recorded when it is said to be. */
const jobOf = (created: JobEvent = jobCreated()) => {
  let revision = 0;
  const logged = (recordedAt: number, actor: Actor, reason?: string) => ({
    revision: revision++,
    recordedAt,
    metadata: { actor, ...(reason === undefined ? {} : { reason }) },
  });
  let facts: JobFacts = afterJobEvent(undefined, { ...created, ...logged(t0, ann) });
  const job = {
    job: (event: JobEvent, atMs: number, actor = ann, reason?: string) => {
      facts = afterJobEvent(facts, { ...event, ...logged(atMs, actor, reason) });
      return job;
    },
    run: (event: RunEvent, atMs: number) => {
      facts = afterRunEvent(facts, { ...event, ...logged(atMs, carillon) });
      return job;
    },
    judged: (condition: AlertCondition, nowMs: number, isExcluded = false) =>
      judge(condition, facts, { nowMs, isExcluded }),
  };
  return job;
};

describe('a condition of an alert rule', () => {
  describe('failures in a row', () => {
    const condition = { kind: 'failures', count: 2 } as const;
    it('holds from the n-th failure on, since the first, until one succeeds', () => {
      const runs = runsOf(7);
      const job = jobOf()
        .run(runs.start(1, t0), t0)
        .run(runs.fail(1, t0 + 1_000), t0 + 1_000);
      expect(job.judged(condition, t0 + 1_000).holds).to.equal(false);
      job.run(runs.start(2, t0 + MINUTE_MS), t0 + MINUTE_MS).run(runs.fail(2, t0 + MINUTE_MS), t0 + MINUTE_MS);
      expect(job.judged(condition, t0 + MINUTE_MS)).to.deep.equal({
        holds: true,
        sinceMs: t0 + 1_000,
        summary: '2 executions failed in a row. Last error: HTTP_500: the target responded with status 500',
        executionId: 2,
      });
      job.run(runs.start(3, t0 + HOUR_MS), t0 + HOUR_MS).run(runs.succeed(3, t0 + HOUR_MS), t0 + HOUR_MS);
      expect(job.judged(condition, t0 + HOUR_MS)).to.deep.equal({ holds: false, reason: 'execution 3 succeeded' });
    });

    it('continues if Carillon disables the job, and ends if a user does', () => {
      const runs = runsOf(7);
      const job = jobOf().run(runs.start(1, t0), t0).run(runs.fail(1, t0), t0);
      job.job(jobDisabled(), t0 + 1_000, carillon, '1 execution failed');
      expect(job.judged({ kind: 'failures', count: 1 }, t0 + 1_000).holds).to.equal(true);
      job.job({ type: 'JobEnabled', data: aJob() }, t0 + 2_000).job(jobDisabled(), t0 + 3_000);
      const verdict = job.judged({ kind: 'failures', count: 1 }, t0 + 3_000);
      expect(verdict).to.deep.equal({ holds: false, reason: 'the job was disabled' });
    });
  });

  it('missed slot holds until a later slot is called, not one that was due before', () => {
    const runs = runsOf(7);
    const job = jobOf().run(runs.miss(t0 + MINUTE_MS), t0 + 2 * MINUTE_MS);
    job.run(runs.start(1, t0), t0 + 2 * MINUTE_MS);
    expect(job.judged({ kind: 'missed' }, t0 + HOUR_MS)).to.deep.equal({
      holds: true,
      sinceMs: t0 + 2 * MINUTE_MS,
      summary: 'A slot was missed. The last was due at 2026-03-02T09:01:00.000Z (ENGINE_DOWN)',
    });
    job.run(runs.miss(t0 + 3 * MINUTE_MS), t0 + 4 * MINUTE_MS);
    expect(job.judged({ kind: 'missed' }, t0 + HOUR_MS)).to.deep.include({ holds: true, sinceMs: t0 + 2 * MINUTE_MS });
    job.run(runs.start(2, t0 + 5 * MINUTE_MS), t0 + 5 * MINUTE_MS);
    const reason = 'the slot of 2026-03-02T09:05:00.000Z was called';
    expect(job.judged({ kind: 'missed' }, t0 + HOUR_MS)).to.deep.equal({ holds: false, reason });
  });

  it('missed slot is also one that waited longer than its job allows', () => {
    const runs = runsOf(7);
    const job = jobOf()
      .run(runs.wait(1, t0), t0)
      .run(runs.giveUp(1, t0 + MINUTE_MS), t0 + MINUTE_MS);
    expect(job.judged({ kind: 'missed' }, t0 + HOUR_MS)).to.deep.equal({
      holds: true,
      sinceMs: t0 + MINUTE_MS,
      summary: 'A slot was missed. The last was due at 2026-03-02T09:00:00.000Z (TOO_LATE)',
    });
    job.run(runs.start(2, t0 + 5 * MINUTE_MS), t0 + 5 * MINUTE_MS);
    expect(job.judged({ kind: 'missed' }, t0 + HOUR_MS).holds).to.equal(false);
  });

  it('missed slot belongs to one reason alone, if the condition has one', () => {
    const runs = runsOf(7);
    const tooLate = { kind: 'missed', reason: 'TOO_LATE' } as const;
    const job = jobOf().run(runs.miss(t0), t0);
    expect(job.judged(tooLate, t0 + HOUR_MS)).to.deep.equal({ holds: false, reason: 'no slot is missed' });
    job.run(runs.miss(t0 + MINUTE_MS, 'TOO_LATE'), t0 + MINUTE_MS);
    job.run(runs.miss(t0 + 2 * MINUTE_MS, 'TOO_LATE'), t0 + 2 * MINUTE_MS);
    expect(job.judged(tooLate, t0 + HOUR_MS)).to.deep.equal({
      ...{ holds: true, sinceMs: t0 + MINUTE_MS },
      summary: '2 slots were missed. The last was due at 2026-03-02T09:02:00.000Z (TOO_LATE)',
    });
    expect(job.judged({ kind: 'missed' }, t0 + HOUR_MS))
      .to.deep.include({ sinceMs: t0 })
      .and.property('summary')
      .match(/^3/);
  });

  it('skipped slot holds until a later slot is called, for its reason or for any that no one requested', () => {
    const runs = runsOf(7);
    const job = jobOf().run(runs.skip(t0, 'PAUSED'), t0).run(runs.miss(t0), t0);
    const any = { kind: 'skipped' } as const;
    expect(job.judged(any, t0 + HOUR_MS)).to.deep.equal({ holds: false, reason: 'no slot is skipped' });
    expect(job.judged({ kind: 'skipped', reason: 'PAUSED' }, t0 + HOUR_MS)).to.deep.include({
      holds: true,
      sinceMs: t0,
    });
    job.run(runs.skip(t0 + MINUTE_MS, 'OVERLAP'), t0 + MINUTE_MS);
    const summary = 'A slot was skipped. The last was due at 2026-03-02T09:01:00.000Z (OVERLAP)';
    expect(job.judged(any, t0 + HOUR_MS)).to.deep.equal({ holds: true, sinceMs: t0 + MINUTE_MS, summary });
    expect(job.judged({ kind: 'skipped', reason: 'LIMIT' }, t0 + HOUR_MS).holds).to.equal(false);
    job.run(runs.start(1, t0 + 2 * MINUTE_MS), t0 + 2 * MINUTE_MS);
    const reason = 'the slot of 2026-03-02T09:02:00.000Z was called';
    expect(job.judged(any, t0 + HOUR_MS)).to.deep.equal({ holds: false, reason });
  });

  describe('late', () => {
    const condition = { kind: 'late', over: '5m' } as const;
    it('holds if a slot was called later than that, until one is called in time', () => {
      const runs = runsOf(7);
      const job = jobOf().run(runs.start(1, t0), t0 + 5 * MINUTE_MS);
      expect(job.judged(condition, t0 + HOUR_MS).holds, 'at the bound').to.equal(false);
      job.run(runs.start(2, t0 + MINUTE_MS), t0 + 7 * MINUTE_MS);
      expect(job.judged(condition, t0 + HOUR_MS)).to.deep.include({ holds: true, executionId: 2 });
      job.run(runs.start(3, t0 + 8 * MINUTE_MS), t0 + 8 * MINUTE_MS);
      expect(job.judged(condition, t0 + HOUR_MS).holds).to.equal(false);
    });
    it('holds if a slot waits that long, and states when that will be', () => {
      const runs = runsOf(7);
      const job = jobOf().run(runs.wait(1, t0), t0 + 1_000);
      const beginsAtMs = t0 + 5 * MINUTE_MS + 1;
      expect(job.judged(condition, beginsAtMs - 1)).to.deep.include({ holds: false, beginsAtMs });
      expect(job.judged(condition, beginsAtMs)).to.deep.include({ holds: true, sinceMs: beginsAtMs - 1 });
    });
    it('leaves out the jitter that the job has', () => {
      const runs = runsOf(7);
      const job = jobOf(jobCreated({ jitter: '10m' })).run(runs.start(1, t0), t0 + 12 * MINUTE_MS);
      expect(job.judged(condition, t0 + HOUR_MS).holds).to.equal(false);
    });
  });

  describe('no success', () => {
    const condition = { kind: 'noSuccess', over: '1h' } as const;
    it('holds after a time since the last success, or since the job was enabled', () => {
      const job = jobOf();
      expect(job.judged(condition, t0 + HOUR_MS)).to.deep.include({ holds: false, beginsAtMs: t0 + HOUR_MS + 1 });
      expect(job.judged(condition, t0 + HOUR_MS + 1)).to.deep.include({ holds: true, sinceMs: t0 });
      const runs = runsOf(7);
      const at = t0 + 2 * HOUR_MS;
      job.run(runs.start(1, at), at).run(runs.succeed(1, at), at);
      expect(job.judged(condition, at + HOUR_MS).holds).to.equal(false);
      job.job(jobDisabled(), at + HOUR_MS).job({ type: 'JobEnabled', data: aJob() }, at + 9 * HOUR_MS);
      expect(job.judged(condition, at + 10 * HOUR_MS).holds).to.equal(false);
      expect(job.judged(condition, at + 10 * HOUR_MS + 1).holds).to.equal(true);
    });
    it('does not hold for a job that is disabled or whose schedule has ended', () => {
      expect(
        jobOf()
          .job(jobDisabled(), t0)
          .judged(condition, t0 + 9 * HOUR_MS).holds,
      ).to.equal(false);
      const once = jobOf(jobCreated({ endAt: '2026-03-02T10:00:00.000Z' }));
      expect(once.judged(condition, t0 + 9 * HOUR_MS).holds).to.equal(false);
    });
  });

  it('not run holds a time after the last start or end of a run, or after the job was enabled', () => {
    const condition = { kind: 'notRun', over: '1h' } as const;
    const job = jobOf();
    expect(job.judged(condition, t0 + HOUR_MS)).to.deep.include({ holds: false, beginsAtMs: t0 + HOUR_MS + 1 });
    expect(job.judged(condition, t0 + HOUR_MS + 1)).to.deep.equal({
      ...{ holds: true, sinceMs: t0 },
      summary: 'The job has not run for more than 1h, and never before',
    });
    const runs = runsOf(7);
    const [begin, end] = [t0 + HOUR_MS, t0 + 3 * HOUR_MS];
    job.run(runs.start(1, begin), begin);
    expect(job.judged(condition, end)).to.deep.equal({ holds: false, reason: 'execution 1 is running' });
    job.run(runs.fail(1, end), end);
    expect(job.judged(condition, end + HOUR_MS).holds).to.equal(false);
    expect(job.judged(condition, end + HOUR_MS + 1)).to.deep.equal({
      ...{ holds: true, sinceMs: end },
      summary: 'The job has not run for more than 1h, last execution 1 ended at 2026-03-02T12:00:00.000Z',
    });
    job.run(runs.giveUp(2, end + HOUR_MS), end + HOUR_MS);
    expect(job.judged(condition, end + HOUR_MS + 1).holds, 'what was cancelled before its call').to.equal(true);
  });

  it('not run and no success never hold for a manual job, and count from when it gets a schedule', () => {
    const { pattern: _, ...manual } = aJob();
    const conditions = [
      { kind: 'notRun', over: '1h' },
      { kind: 'noSuccess', over: '1h' },
    ] as const;
    for (const condition of conditions) {
      const job = jobOf({ type: 'JobCreated', data: manual });
      expect(job.judged(condition, t0 + 9 * HOUR_MS)).to.deep.equal({
        holds: false,
        reason: 'the job has no schedule',
      });
      job.job({ type: 'JobUpdated', data: aJob() }, t0 + 9 * HOUR_MS);
      expect(job.judged(condition, t0 + 10 * HOUR_MS).holds).to.equal(false);
      expect(job.judged(condition, t0 + 10 * HOUR_MS + 1).holds).to.equal(true);
    }
  });

  it('not taken holds a time after work was offered, until it is taken or withdrawn', () => {
    const condition = { kind: 'notTaken', over: '5m' } as const;
    const runs = runsOf(7);
    const job = jobOf().run(runs.start(1, t0), t0);
    expect(job.judged(condition, t0 + HOUR_MS)).to.deep.equal({ holds: false, reason: 'no work waits for a worker' });
    job.run(runs.offer(1, t0 + MINUTE_MS), t0 + MINUTE_MS);
    const [untilMs, reason] = [t0 + 6 * MINUTE_MS, 'the work was taken or withdrawn'];
    expect(job.judged(condition, untilMs)).to.deep.equal({ holds: false, reason, beginsAtMs: untilMs + 1 });
    expect(job.judged(condition, untilMs + 1)).to.deep.equal({
      ...{ holds: true, sinceMs: t0 + MINUTE_MS, executionId: 1 },
      summary: 'No worker of queue:3/reports has taken execution 1, which was offered at 2026-03-02T09:01:00.000Z',
    });
    job.run(runs.giveUp(1, t0 + HOUR_MS), t0 + HOUR_MS);
    expect(job.judged(condition, t0 + HOUR_MS).holds).to.equal(false);
  });

  it('no slots holds while calendars exclude all that come, unless the job is disabled or its schedule has ended', () => {
    const condition = { kind: 'noSlots' } as const;
    const job = jobOf(jobCreated({ endAt: '2026-03-03T00:00:00.000Z' }));
    expect(job.judged(condition, t0)).to.deep.equal({ holds: false, reason: 'the job has slots to come' });
    const summary = "The job's calendars exclude every slot to come";
    expect(job.judged(condition, t0, true)).to.deep.equal({ holds: true, sinceMs: t0, summary });
    const ended = { holds: false, reason: 'the schedule has ended' };
    expect(job.judged(condition, t0 + 24 * HOUR_MS, true)).to.deep.equal(ended);
    job.job(jobDisabled(), t0, carillon, '9 executions failed');
    expect(job.judged(condition, t0, true)).to.deep.equal({ holds: false, reason: 'the job was disabled' });
  });

  it('running too long holds while the call is open', () => {
    const condition = { kind: 'running', over: '10m' } as const;
    const runs = runsOf(7);
    const job = jobOf().run(runs.start(1, t0), t0);
    const beginsAtMs = t0 + 10 * MINUTE_MS + 1;
    expect(job.judged(condition, beginsAtMs - 1)).to.deep.include({ holds: false, beginsAtMs });
    expect(job.judged(condition, beginsAtMs)).to.deep.include({ holds: true, executionId: 1 });
    job.run(runs.succeed(1, t0 + HOUR_MS), t0 + HOUR_MS);
    expect(job.judged(condition, t0 + HOUR_MS)).to.deep.equal({
      holds: false,
      reason: 'no call is running',
    });
  });

  it('disabled by disableAfter holds until someone enables the job', () => {
    const job = jobOf().job(jobDisabled(), t0 + 1_000, carillon, '3 executions failed in a row');
    expect(job.judged({ kind: 'disabled' }, t0 + HOUR_MS)).to.deep.equal({
      holds: true,
      sinceMs: t0 + 1_000,
      summary: 'disableAfter disabled the job: 3 executions failed in a row',
    });
    job.job({ type: 'JobUpdated', data: aJob({ enabled: false, name: 'other' }) }, t0 + 2_000);
    expect(job.judged({ kind: 'disabled' }, t0 + HOUR_MS)).to.deep.include({ holds: true, sinceMs: t0 + 1_000 });
    job.job({ type: 'JobEnabled', data: aJob() }, t0 + HOUR_MS);
    expect(job.judged({ kind: 'disabled' }, t0 + HOUR_MS).holds).to.equal(false);
    expect(jobOf().job(jobDisabled(), t0).judged({ kind: 'disabled' }, t0).holds, 'by a user').to.equal(false);
  });

  it('never holds for a job that was deleted', () => {
    const runs = runsOf(7);
    const job = jobOf()
      .run(runs.start(1, t0), t0)
      .run(runs.fail(1, t0), t0)
      .job(jobDeleted(), t0 + 1_000);
    const kinds = [{ kind: 'failures', count: 1 }, { kind: 'noSuccess', over: '1s' }, { kind: 'disabled' }] as const;
    for (const condition of kinds) {
      expect(job.judged(condition, t0 + HOUR_MS)).to.deep.equal({ holds: false, reason: 'the job was deleted' });
    }
  });
});
