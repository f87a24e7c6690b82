import { expect } from 'chai';
import { NO_CLOSURES } from '../../../src/domain/closure/closure.ts';
import type { Hooks, OpenExecution, RuleFields, RunEvent } from '../../../src/domain/events/index.ts';
import { SUPERSEDED } from '../../../src/domain/execution/cancellation.ts';
import { hookAfter } from '../../../src/domain/execution/hook.ts';
import { type Outcome, recordOutcome } from '../../../src/domain/execution/outcome.ts';
import { requestExecution } from '../../../src/domain/execution/request.ts';
import { startPending } from '../../../src/domain/execution/start.ts';
import { evolveRuns, initialRuns, type Runs } from '../../../src/domain/execution/tail.ts';
import { takeDefinition } from '../../../src/domain/execution/take-definition.ts';
import type { Job } from '../../../src/domain/job/job.ts';
import { DEFAULT_RULES, rulesOf } from '../../../src/domain/job/rules.ts';
import { compileSchedule } from '../../../src/domain/schedule/index.ts';
import { aJob } from '../../support/jobs.ts';
import { okResult } from '../../support/run-events.ts';

const job = { tenant: 'acme', applicationId: 3, jobId: 7 };
const everyMinute = compileSchedule({ pattern: '* * * * *', timezone: 'UTC' });
/** What an outcome needs to know of the definition in force. */
const activeDefinition = {
  defaultHooks: {},
  rules: DEFAULT_RULES,
  status: 'enabled' as const,
  randomFraction: 0,
  slots: everyMinute,
  closures: NO_CLOSURES,
};
const at = (clock: string): number => Date.parse(`2026-03-01T${clock}Z`);
const runsAt = (clock: string, other: Partial<Runs> = {}): Runs => ({
  jobRevision: 0,
  cursorMs: at(clock),
  runs: 0,
  open: [],
  catchUp: [],
  failuresInRow: 0,
  backfills: [],
  expired: undefined,
  ...other,
});
const running = (other: Partial<OpenExecution> = {}): OpenExecution => ({
  executionId: 40,
  attempt: 1,
  state: 'running',
  trigger: 'schedule',
  scheduledAt: '2026-03-01T09:00:00.000Z',
  createdAt: '2026-03-01T09:00:00.000Z',
  engineId: 'e1',
  ...other,
});
const then = (runs: Runs, events: readonly RunEvent[]): Runs => events.reduce(evolveRuns, runs);

describe('outcomes', () => {
  const ok: Outcome = {
    kind: 'succeeded',
    startedAtMs: at('09:00:00'),
    finishedAtMs: at('09:00:01'),
    result: okResult,
  };
  const end = (runs: Runs, outcome: Outcome, engineId = 'e1', attempt = 1) =>
    recordOutcome(runs, {
      job,
      execution: { executionId: 40, attempt, engineId },
      outcome,
      delay: undefined,
      ...activeDefinition,
    });

  const hook = { url: 'https://example.com/' };
  const failed: Outcome = { kind: 'failed', finishedAtMs: at('09:00:01'), error: { code: 'HTTP_500', message: '' } };
  const again: RuleFields = { onFailure: hook, retry: { maxAttempts: 2, retryOn: ['5xx'] } };
  const hooked: readonly (readonly [what: string, outcome: Outcome, own: RuleFields, defaults: Hooks, is: boolean])[] =
    [
      ['without a hook', failed, {}, {}, false],
      ['by its own', failed, { onFailure: hook }, {}, true],
      ['by the other one', ok, { onFailure: hook }, {}, false],
      ['by its own for a success', ok, { onSuccess: hook }, {}, true],
      ['by that of its application', failed, {}, { onFailure: hook }, true],
      ['none if the rules set none', failed, { onFailure: 'none' }, { onFailure: hook }, false],
      ['not before the last attempt', failed, again, {}, false],
    ];
  for (const [what, outcome, own, defaultHooks, is] of hooked) {
    it(`states whether a hook reports it: ${what}`, () => {
      const input = { job, execution: { executionId: 40, attempt: 1, engineId: 'e1' }, outcome, delay: undefined };
      const rules = { rules: rulesOf(own), defaultHooks };
      const [ended] = recordOutcome(runsAt('09:00:00', { open: [running()] }), {
        ...input,
        ...activeDefinition,
        ...rules,
      });
      expect(ended !== undefined && 'hasHook' in ended.data).to.equal(is);
    });
  }
  it('has no hook report it if it was cancelled, however its call ended', () => {
    const hooks = { onFailure: hook, onSuccess: hook };
    const error = { code: 'CANCELLED', message: '' } as const;
    const outcomes: readonly Outcome[] = [{ kind: 'cancelled', finishedAtMs: at('09:00:01'), error }, failed];
    const cancelRequested = { reason: 'CANCELLED' as const, at: '2026-03-01T09:00:00.500Z' };
    for (const outcome of outcomes) {
      for (const [own, defaultHooks] of [
        [hooks, {}],
        [{}, hooks],
      ]) {
        const [ended, ...others] = recordOutcome(runsAt('09:00:00', { open: [running({ cancelRequested })] }), {
          ...{ job, execution: { executionId: 40, attempt: 1, engineId: 'e1' }, outcome, delay: undefined },
          ...{ ...activeDefinition, rules: rulesOf(own ?? {}), defaultHooks: defaultHooks ?? {} },
        });
        expect([ended?.type, others]).to.deep.equal(['ExecutionCancelled', []]);
        expect(ended?.data).not.to.have.property('hasHook');
        expect(ended && hookAfter(ended)).to.equal(undefined);
      }
    }
  });
  it('give the reason of a late call, and separate waiting from overlapping slots', () => {
    const runs = runsAt('09:00:00', { open: [running()] });
    const [waited, overlapped, ended] = recordOutcome(runs, {
      job,
      execution: { executionId: 40, attempt: 1, engineId: 'e1' },
      outcome: { ...ok, startedAtMs: at('09:02:10.500'), finishedAtMs: at('09:03:10') },
      delay: { untilMs: at('09:02:10'), reason: 'ENGINE_BUSY' },
      ...activeDefinition,
    });
    expect(waited).to.deep.nested.include({ 'data.count': 2, 'data.reason': 'ENGINE_BUSY' });
    expect(overlapped).to.deep.nested.include({ 'data.count': 1, 'data.reason': 'OVERLAP' });
    expect(ended).to.have.nested.property('data.late', 'ENGINE_BUSY');
    expect(ended === undefined ? 0 : then(runs, [ended]).cursorMs).to.equal(at('09:03:00'));
  });
  it('state that the connection was slow if the engine was in time', () => {
    const runs = runsAt('09:00:00', { open: [running()] });
    const late = (startedAt: string, other: Partial<OpenExecution> = {}) =>
      end({ ...runs, open: [running(other)] }, { ...ok, startedAtMs: at(startedAt), finishedAtMs: at('09:00:09') }).map(
        (event) => ('finishedAt' in event.data ? event.data.late : undefined),
      );
    expect(late('09:00:01')).to.deep.equal([undefined]);
    expect(late('09:00:01.001')).to.deep.equal(['CONNECTION_SLOW']);
    expect(late('09:00:05', { trigger: 'manual' })).to.deep.equal([undefined]);
  });
  it('never closes another attempt, nor one that another engine took over', () => {
    const runs = runsAt('09:00:00', { open: [running({ attempt: 2 })] });
    expect(end(runs, ok)).to.deep.equal([]);
    expect(end(runs, ok, 'e2', 2)).to.deep.equal([]);
  });
  it('does not count a superseded claim as a run', () => {
    const runs = runsAt('09:00:00', { open: [running()], runs: 4 });
    const error = SUPERSEDED.edited;
    const events = end(runs, { kind: 'cancelled', superseded: true, finishedAtMs: at('09:00:00'), error });
    expect(events.map(({ type }) => type)).to.deep.equal(['ExecutionCancelled']);
    expect(then(runs, events).runs).to.equal(3);
  });
});

describe('requests', () => {
  const request = (runs: Runs) =>
    requestExecution(runs, {
      job,
      rules: DEFAULT_RULES,
      executionId: 50,
      trigger: 'manual',
      createdBy: 'ann',
      nowMs: at('09:00:30'),
    });
  it('is started once', () => {
    const runs = then(runsAt('09:00:00'), request(runsAt('09:00:00')));
    const start = (from: Runs) =>
      startPending(from, { job, rules: DEFAULT_RULES, executionId: 50, engineId: 'e1', isLate: false });
    const started = then(runs, start(runs));
    expect(started.open[0]).to.include({ state: 'running', attempt: 1, engineId: 'e1' });
    expect(start(started)).to.deep.equal([]);
  });
  it('ends cancelled right before a slot that is claimed already, and names the slot', () => {
    const scheduledAt = new Date(at('09:00:30') + 150).toISOString();
    const events = request(runsAt('09:00:30', { open: [{ ...running(), trigger: 'schedule', scheduledAt }] }));
    expect(events[1]).to.have.nested.property('data.error.message').that.includes(`its slot at ${scheduledAt}`);
  });
});

describe('taking a definition', () => {
  const living = (other = {}): Exclude<Job, { status: 'absent' }> => {
    const definition = aJob(other);
    return { status: definition.enabled ? 'enabled' : 'disabled', definition };
  };
  const previous = { definition: aJob(), slots: everyMinute };
  const take = (runs: Runs, to: Exclude<Job, { status: 'absent' }>, clock: string, jobRevision = 1) =>
    takeDefinition(runs, {
      job: to,
      jobRevision,
      previous,
      closures: NO_CLOSURES,
      placeMs: at(clock),
      nowMs: at(clock),
    });

  it('begins a new job’s ledger now', () => {
    const [taken] = takeDefinition(initialRuns, {
      job: living(),
      jobRevision: 0,
      previous: undefined,
      closures: NO_CLOSURES,
      placeMs: at('09:00:30'),
      nowMs: at('09:00:30'),
    });
    expect(taken).to.deep.equal({
      type: 'DefinitionActivated',
      data: {
        ...job,
        jobRevision: 0,
        from: '2026-03-01T09:00:30.000Z',
        tail: { jobRevision: 0, cursor: '2026-03-01T09:00:30.000Z', runs: 0, open: [] },
      },
    });
  });
  it('is taken once', () => {
    const runs = runsAt('09:00:00', { jobRevision: 1 });
    expect(take(runs, living(), '09:00:30')).to.deep.equal([]);
  });
  it('leaves due slots due if the schedule stays', () => {
    const runs = runsAt('09:00:00', { runs: 4 });
    const events = take(runs, living({ description: 'x' }), '09:01:00.010');
    expect(then(runs, events)).to.deep.equal({ ...runs, jobRevision: 1 });
  });
  it('ends many that wait in several steps, and is in force after the last one', () => {
    const open = Array.from({ length: 25 }, (_, index) => running({ executionId: 100 + index, state: 'offered' }));
    const [to, steps] = [living({ enabled: false }), [] as string[][]];
    let runs = runsAt('09:00:00', { open: open.map((each) => ({ ...each, trigger: 'schedule' })), runs: 25 });
    for (let events = take(runs, to, '09:00:30'); events.length > 0; events = take(runs, to, '09:00:30')) {
      steps.push(events.map(({ type }) => type));
      runs = then(runs, events);
    }
    expect(steps.map((types) => types.filter((type) => type === 'ExecutionCancelled').length)).to.deep.equal([
      10, 10, 5,
    ]);
    expect(steps.map((types) => types.includes('DefinitionActivated'))).to.deep.equal([false, false, true]);
    expect(runs).to.deep.include({ open: [], runs: 0, jobRevision: 1 });
  });
  it('begins after a slot that was claimed ahead', () => {
    const runs = runsAt('09:01:00', { open: [running()] });
    const events = take(runs, living({ enabled: false }), '09:00:59.900');
    expect(events.at(-1)).to.have.nested.property('data.from', '2026-03-01T09:01:00.000Z');
  });
});
