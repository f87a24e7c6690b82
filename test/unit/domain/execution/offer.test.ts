import { expect } from 'chai';
import type { OpenExecution, RunEvent } from '../../../../src/domain/events/index.ts';
import { failTimedOut } from '../../../../src/domain/execution/callback-timeout.ts';
import { cancelExecution, cancelForNewer } from '../../../../src/domain/execution/cancel.ts';
import type { JobStatus } from '../../../../src/domain/execution/cancellation.ts';
import { takeWork } from '../../../../src/domain/execution/offer.ts';
import { type Outcome, recordOutcome } from '../../../../src/domain/execution/outcome.ts';
import { abandonWaiting } from '../../../../src/domain/execution/pending.ts';
import { evolveRuns, initialRuns, type Runs } from '../../../../src/domain/execution/tail.ts';
import { type RunRules, rulesOf } from '../../../../src/domain/job/rules.ts';
import { toMs } from '../../../../src/domain/values.ts';

const due = '2026-03-02T09:00:00.000Z';
const dueMs = toMs(due);
const job = { tenant: 'acme', applicationId: 1, jobId: 7 };
const rulesWith = (other: Parameters<typeof rulesOf>[0] = {}): RunRules =>
  rulesOf({ taskType: 'WorkerTask', ...other });

const running: OpenExecution = {
  ...({ executionId: 5, attempt: 1, state: 'running', trigger: 'schedule', offers: true, engineId: 'e1' } as const),
  ...{ scheduledAt: due, createdAt: due },
};
const runsOf = (...open: OpenExecution[]): Runs => ({ ...initialRuns, runs: 1, open });

const common = (rules: RunRules) => ({
  ...{ job, rules, defaultHooks: {}, slots: undefined, closures: () => [], randomFraction: 0 },
  status: 'enabled' as const,
});

const offer: Outcome = {
  kind: 'offered',
  finishedAtMs: dueMs + 10,
  offer: {
    to: 'queue:1/reports',
    work: { task: 'send' },
    jobSnapshot: {
      ...{ name: 'report', timezone: 'UTC', taskType: 'WorkerTask', queue: 'reports', task: 'send' },
      resolvedParameters: [],
    },
  },
};
const offeredBy = (runs: Runs, rules = rulesWith(), status: JobStatus = 'enabled'): RunEvent[] =>
  recordOutcome(runs, {
    ...common(rules),
    status,
    execution: { ...running, engineId: 'e1' },
    outcome: offer,
    delay: undefined,
  });

const evolved = (runs: Runs, events: readonly RunEvent[]): Runs => events.reduce(evolveRuns, runs);
const offered = (rules?: RunRules): Runs => evolved(runsOf(running), offeredBy(runsOf(running), rules));

const take = { executionId: 5, attempt: 1, worker: 'w1', takeHash: 'take', tokenHash: 'token' };
const takenAt = (runs: Runs, nowMs: number, isPaused = false) =>
  takeWork(runs, { job, take, deadlineMs: 3_600_000, isPaused, nowMs });
const taken = (rules?: RunRules): Runs => evolved(offered(rules), takenAt(offered(rules), dueMs + 500));

const codes = (events: readonly RunEvent[]) =>
  events.map((event) => ('error' in event.data ? `${event.type} ${event.data.error.code}` : event.type));

describe('work for workers', () => {
  it('is offered by the engine that claimed it, and by no other', () => {
    const [event] = offeredBy(runsOf(running));
    expect(event).to.deep.include({ type: 'WorkOffered' });
    expect(event?.data).to.include({ to: 'queue:1/reports', leaseMs: 30_000, deadlineMs: 86_400_000 });
    expect(offeredBy(runsOf({ ...running, engineId: 'e2' }))).to.deep.equal([]);
  });

  it('is not offered any more once its cancellation was requested', () => {
    const requested = runsOf({ ...running, cancelRequested: { at: due, reason: 'CANCELLED' } });
    expect(codes(offeredBy(requested))).to.deep.equal(['ExecutionCancelled CANCELLED']);
  });

  for (const [trigger, status, expected, counted] of [
    ['schedule', 'disabled', 'ExecutionCancelled JOB_DISABLED', 0],
    ['schedule', 'deleted', 'ExecutionCancelled JOB_DELETED', 0],
    ['manual', 'disabled', 'WorkOffered', 1],
    ['manual', 'deleted', 'ExecutionCancelled JOB_DELETED', 1],
  ] as const) {
    it(`of trigger ${trigger} gives ${expected} if its job was ${status} while it was prepared`, () => {
      const runs = runsOf({ ...running, trigger });
      const events = offeredBy(runs, rulesWith(), status);
      expect(codes(events)).to.deep.equal([expected]);
      expect(evolved(runs, events).runs).to.equal(counted);
    });
  }

  for (const [what, nowMs, late] of [
    ['on time', dueMs + 900, undefined],
    ['late if no worker was available', dueMs + 1_100, 'NO_WORKER'],
  ] as const) {
    it(`is taken ${what}`, () => {
      const [event] = takenAt(offered(), nowMs);
      expect(event?.data.late).to.equal(late);
      expect(event?.data.tail.open[0]).to.include({ state: 'awaiting', worker: 'w1', takeHash: 'take' });
    });
  }

  it('is taken once, and neither paused nor after maxLateness', () => {
    expect(takenAt(taken(), dueMs + 600)).to.deep.equal([]);
    expect(takenAt(offered(), dueMs, true)).to.deep.equal([]);
    const forced = { ...offered(), open: offered().open.map((each) => ({ ...each, forced: true as const })) };
    expect(takenAt(forced, dueMs, true)).to.have.length(1);
    const short = offered(rulesWith({ maxLateness: '5s' }));
    expect(takenAt(short, dueMs + 5_000)).to.have.length(1);
    expect(takenAt(short, dueMs + 5_001)).to.deep.equal([]);
  });

  it('fails if no worker takes a further attempt within maxElapsed', () => {
    const rules = rulesWith({ retry: { maxAttempts: 5, maxElapsed: '3s', retryOn: ['reported', 'connect'] } });
    const second = { ...running, attempt: 2, firstStartedAt: due };
    const [event] = recordOutcome(runsOf(second), {
      ...common(rules),
      ...{ execution: { ...second, engineId: 'e1' }, outcome: offer, delay: undefined },
    });
    const waiting = evolved(runsOf(second), event === undefined ? [] : [event]);
    const takenThen = (nowMs: number) =>
      takeWork(waiting, { job, take: { ...take, attempt: 2 }, deadlineMs: 3_600_000, isPaused: false, nowMs });
    expect(takenThen(dueMs + 3_000)).to.have.length(1);
    expect(takenThen(dueMs + 3_001)).to.deep.equal([]);
    const endedAt = (nowMs: number) => codes(failTimedOut(waiting, { ...common(rules), nowMs }));
    expect(endedAt(dueMs + 3_000)).to.deep.equal([]);
    expect(endedAt(dueMs + 3_001)).to.deep.equal(['ExecutionFailed TOO_LATE']);
    const patience = { job, rules, slots: undefined, status: 'enabled' as const, nowMs: dueMs + 60_000 };
    expect(abandonWaiting(waiting, patience)).to.deep.equal([]);
  });

  it('is withdrawn after maxLateness, and counts as no run then', () => {
    const rules = rulesWith({ maxLateness: '5s' });
    const giveUp = (nowMs: number) => abandonWaiting(offered(rules), { ...common(rules), nowMs });
    expect(giveUp(dueMs + 5_000)).to.deep.equal([]);
    expect(codes(giveUp(dueMs + 5_001))).to.deep.equal(['ExecutionCancelled TOO_LATE']);
    expect(evolved(offered(rules), giveUp(dueMs + 5_001))).to.deep.include({ runs: 0, open: [] });
  });

  it('is withdrawn with few others at a time', () => {
    const rules = rulesWith({ maxLateness: '5s' });
    const [one] = offered(rules).open;
    const many = Array.from({ length: 15 }, (_, index) => ({ ...one, executionId: index + 1 }) as OpenExecution);
    const giveUp = (runs: Runs) => abandonWaiting(runs, { ...common(rules), nowMs: dueMs + 5_001 });
    const first = giveUp(runsOf(...many));
    expect([first.length, giveUp(evolved(runsOf(...many), first)).length]).to.deep.equal([10, 5]);
  });

  it('is withdrawn from a disabled job', () => {
    const rules = rulesWith();
    const given = abandonWaiting(offered(), { ...common(rules), status: 'disabled', nowMs: dueMs });
    expect(codes(given)).to.deep.equal(['ExecutionCancelled JOB_DISABLED']);
  });

  for (const [what, runs, expected] of [
    ['offered: it ends at once', offered, ['ExecutionCancelled CANCELLED']],
    ['taken: its worker is notified', taken, ['CancelRequested']],
  ] as const) {
    it(`is cancelled while ${what}`, () => {
      const events = cancelExecution(runs(), { job, executionId: 5, message: 'by ann', nowMs: dueMs });
      expect(codes(events)).to.deep.equal(expected);
    });
  }

  it('stays with its worker while a newer run waits to replace it', () => {
    expect(codes(cancelForNewer(taken(), { job, nowMs: dueMs }).events)).to.deep.equal(['CancelRequested']);
  });

  it('ends one lease after its cancellation was requested', () => {
    const requested = evolved(taken(), cancelExecution(taken(), { job, executionId: 5, message: '', nowMs: dueMs }));
    const at = (nowMs: number) => codes(failTimedOut(requested, { ...common(rulesWith()), nowMs }));
    expect(at(dueMs + 29_999)).to.deep.equal([]);
    expect(at(dueMs + 30_000)).to.deep.equal(['ExecutionCancelled CANCELLED']);
  });

  for (const [retryOn, code, expected] of [
    [undefined, 'REPORTED_FAILED', 'ExecutionAttemptFailed'],
    [undefined, 'WORK_LOST', 'ExecutionFailed'],
    [['lost'], 'WORK_LOST', 'ExecutionAttemptFailed'],
  ] as const) {
    it(`${expected === 'ExecutionFailed' ? 'fails' : 'is retried'} after ${code} with retryOn ${retryOn ?? 'by default'}`, () => {
      const retry = { maxAttempts: 2, ...(retryOn === undefined ? {} : { retryOn: [...retryOn] }) };
      const rules = rulesWith({ retry });
      const outcome = {
        kind: 'failed',
        startedAtMs: dueMs,
        finishedAtMs: dueMs,
        error: { code, message: '' },
      } as const;
      const execution = { executionId: 5, attempt: 1, engineId: 'e1' };
      const [event] = recordOutcome(taken(rules), { ...common(rules), execution, outcome, delay: undefined });
      expect(event?.type).to.equal(expected);
      if (expected === 'ExecutionAttemptFailed') {
        expect(event?.data.tail.open[0]).to.not.have.any.keys('worker', 'takeHash', 'tokenHash', 'deadlineAt');
      }
    });
  }
});
