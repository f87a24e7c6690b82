import { expect } from 'chai';
import type { RuleFields } from '../../../../src/domain/events/index.ts';
import { rulesText } from '../../../../src/domain/job/rules.ts';
import { toInstant } from '../../../../src/domain/values.ts';
import type { JobTable } from '../../../../src/engine/jobs/job-table.ts';
import type { ScheduledJob } from '../../../../src/engine/ports.ts';
import { LogMismatch } from '../../../../src/event-store/errors.ts';
import { aJobTable } from '../../../support/job-tables.ts';
import { aJob } from '../../../support/jobs.ts';
import { runsOf } from '../../../support/run-events.ts';
import { undecodedRun } from '../../../support/undecoded-run.ts';

const NOON_MS = Date.parse('2026-03-01T12:00:00Z');
const MINUTE_MS = 60_000;

describe('the table of jobs', () => {
  const waiting = (pattern: string): JobTable => {
    const clock = { now: () => NOON_MS, monotonic: () => 0 };
    const table = aJobTable(clock);
    const cursor = new Date(NOON_MS - 1).toISOString();
    const job: ScheduledJob = {
      jobId: 1,
      tenant: 'acme',
      applicationId: 1,
      enabled: true,
      deleted: false,
      jobRevision: 0,
      scheduleFields: { pattern, timezone: 'UTC', scheduleSince: cursor },
      runsRevision: 0,
      tail: { jobRevision: 0, cursor, runs: 0, open: [] },
    };
    table.loader()(job);
    const [due] = table.popDue(NOON_MS, 1);
    if (due === undefined) throw new Error('the slot of noon is not due');
    table.waits(due);
    return table;
  };

  it('checks a job that waits for a place once a minute, if slots passed in the meantime', () => {
    expect(waiting('* * * * * *').nextMs()).to.equal(NOON_MS + MINUTE_MS);
    expect(waiting('* * * * *').nextMs()).to.equal(NOON_MS + MINUTE_MS);
  });

  it('lets one be that has nothing to settle until its next slot passes', () => {
    expect(waiting('0 * * * *').nextMs()).to.equal(NOON_MS + 60 * MINUTE_MS);
    expect(waiting('0 0 12 1 3 *').nextMs()).to.equal(Date.parse('2027-03-01T12:00:00Z'));
  });
});

describe('the table of jobs, of a job that another engine owns', () => {
  const given = ({ rules, deleted = false }: { readonly rules?: RuleFields; readonly deleted?: boolean } = {}) => {
    const around = { owns: false };
    const known: number[] = [];
    const table = aJobTable(
      { now: () => NOON_MS, monotonic: () => 0 },
      { owns: () => around.owns, runsKnown: (_, runs) => void known.push(runs.runs) },
    );
    const cursor = toInstant(NOON_MS - MINUTE_MS);
    table.loader()({
      ...{ jobId: 1, tenant: 'acme', applicationId: 3, enabled: !deleted, deleted, runsRevision: 0 },
      jobRevision: deleted ? 1 : 0,
      scheduleFields: { pattern: '* * * * *', timezone: 'UTC', scheduleSince: cursor },
      rules: rules && rulesText(rules),
      tail: { jobRevision: 0, cursor, runs: 0, open: [] },
    });
    const job = table.get(1) ?? expect.fail('the job is not known');
    return { table, job, around, known, runs: runsOf(1) };
  };

  it('leaves events undecoded until owners change', () => {
    const { table, job, around, known, runs } = given();
    expect(table.keepUndecoded(undecodedRun(runs.start(7, NOON_MS), 1))).to.equal(true);
    expect(table.keepUndecoded(undecodedRun(runs.succeed(7, NOON_MS), 2))).to.equal(true);
    expect(table.keepUndecoded(undecodedRun(runs.start(8, NOON_MS + MINUTE_MS), 3))).to.equal(true);
    expect([known, job.runsRevision, [...table.withOpen()]]).to.deep.equal([[], 0, []]);
    around.owns = true;
    table.armAll();
    expect(job).to.deep.include({ runsRevision: 3, heardRevision: 3 });
    expect(
      [...table.withOpen()].flatMap(({ runs: { open } }) => open.map(({ executionId }) => executionId)),
    ).to.deep.equal([8]);
  });

  it('decodes skipped events before it uses another definition', () => {
    const { table, job, runs } = given();
    table.keepUndecoded(undecodedRun(runs.start(7, NOON_MS), 1));
    const data = aJob({ jobId: 1, limit: 'crm' });
    table.applyJobEvent({ type: 'JobUpdated', data, revision: 1 });
    expect([job.runsRevision, job.rules.limit]).to.deep.equal([1, 'crm']);
  });

  it('uses its own decisions, although it skipped an older event', () => {
    const { table, job, runs } = given();
    table.keepUndecoded(undecodedRun(runs.start(7, NOON_MS), 1));
    table.applyRunEvent({ ...runs.succeed(7, NOON_MS), revision: 2 });
    table.armAll();
    expect(job.runsRevision).to.equal(2);
  });

  it('notices a log that was set back by events that it leaves', () => {
    const { table, runs } = given();
    table.keepUndecoded(undecodedRun(runs.start(7, NOON_MS), 1));
    expect(() => table.keepUndecoded(undecodedRun(runs.start(8, NOON_MS), 1))).to.throw(LogMismatch);
  });

  it('leaves none if something here depends on the job', () => {
    const claim = (runs: ReturnType<typeof runsOf>) => undecodedRun(runs.start(8, NOON_MS), 1);
    const owned = given();
    owned.around.owns = true;
    expect(owned.table.keepUndecoded(claim(owned.runs)), 'its own').to.equal(false);

    const limited = given({ rules: { limit: 'crm' } });
    expect(limited.table.keepUndecoded(claim(limited.runs)), 'of a limit').to.equal(false);

    const deleted = given({ deleted: true });
    expect(deleted.table.keepUndecoded(claim(deleted.runs)), 'deleted').to.equal(false);

    const busy = given();
    busy.table.appendBegins(busy.job);
    expect(busy.table.keepUndecoded(claim(busy.runs)), 'with an append under way').to.equal(false);

    const calling = given();
    const started = calling.runs.start(7, NOON_MS);
    const open = started.data.tail.open.map((execution) => ({ ...execution, engineId: 'mine' }));
    const own = { ...started, data: { ...started.data, tail: { ...started.data.tail, open } } };
    calling.table.applyRunEvent({ ...own, revision: 1 });
    expect(calling.table.keepUndecoded(undecodedRun(calling.runs.succeed(7, NOON_MS), 2)), 'with a call').to.equal(
      false,
    );

    const unknown = undecodedRun(runsOf(2).start(8, NOON_MS), 1);
    expect(given().table.keepUndecoded(unknown), 'unknown').to.equal(false);
  });
});
