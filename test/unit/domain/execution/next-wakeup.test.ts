import { expect } from 'chai';
import fc from 'fast-check';
import { type Blackout, type Blackouts, closureAt } from '../../../../src/domain/closure/closure.ts';
import type { RuleFields, RunEvent } from '../../../../src/domain/events/index.ts';
import { decideRuns } from '../../../../src/domain/execution/decide.ts';
import { nextWakeupMs } from '../../../../src/domain/execution/next-wakeup.ts';
import { type Outcome, recordOutcome } from '../../../../src/domain/execution/outcome.ts';
import { endOfJob } from '../../../../src/domain/execution/overlap-decision.ts';
import { requestExecution } from '../../../../src/domain/execution/request.ts';
import { evolveRuns, initialRuns, type Runs } from '../../../../src/domain/execution/tail.ts';
import { rulesOf } from '../../../../src/domain/job/rules.ts';
import { jobSlots, scheduleKey, scheduleOf } from '../../../../src/domain/schedule/index.ts';
import { anyPausedTimes, type PausedTimes } from '../../../support/paused-times.ts';
import { okResult } from '../../../support/run-events.ts';

const SECOND_MS = 1_000;
const STEPS = 60;
const startMs = Date.parse('2026-03-01T09:00:00Z');

type Step = { readonly waitMs: number; readonly does: 'look' | 'wait' | 'limit' | 'trigger' | 'succeed' | 'fail' };
type Walk = { readonly fields: RuleFields; readonly pattern: string; readonly closed: Closed; steps: Step[] };
type Closed = Pick<PausedTimes, 'closures' | 'isPausedAt'>;

const fields: fc.Arbitrary<RuleFields> = fc.record(
  {
    misfire: fc.constantFrom('last' as const, 'skip' as const, 'all' as const),
    misfireLimit: fc.integer({ min: 1, max: 3 }),
    maxLateness: fc.constantFrom('5s', '60s'),
    overlap: fc.constantFrom('skip' as const, 'allow' as const, 'queue' as const, 'replace' as const),
    jitter: fc.constantFrom('5s', '2h'),
    maxRuns: fc.integer({ min: 1, max: 5 }),
    disableAfter: fc.integer({ min: 1, max: 3 }),
    retry: fc.constantFrom({ maxAttempts: 3, retryOn: ['5xx' as const], backoff: { initial: '20s' } }),
  },
  { requiredKeys: [] },
);

/** Closures one after another, some of them adjacent. */
const apart: fc.Arbitrary<Closed> = fc
  .array(fc.record({ afterS: fc.integer({ min: 0, max: 600 }), forS: fc.integer({ min: 1, max: 9_000 }) }))
  .map((spans) => {
    let untilMs = startMs;
    const all = spans.map(({ afterS, forS }, index): Blackout => {
      const fromMs = untilMs + afterS * SECOND_MS;
      untilMs = fromMs + forS * SECOND_MS;
      return { fromMs, untilMs, reason: index % 2 === 0 ? 'CALENDAR' : 'PAUSED' };
    });
    const closures: Blackouts = (afterMs, endMs) =>
      all.filter((closure) => closure.fromMs <= endMs && closure.untilMs - 1 > afterMs);
    return { closures, isPausedAt: (instantMs) => closureAt(closures, instantMs)?.reason === 'PAUSED' };
  });
const held = anyPausedTimes(startMs, { withinS: 40_000, mostS: 9_000, dates: ['2026-03-02'] });

const waitMs = fc.constantFrom(0, 300, 1_001, 7_000, 61_000, 130_000, 4_000_000);
const does = fc.constantFrom(...(['look', 'wait', 'limit', 'trigger', 'succeed', 'fail'] as const));
const walk: fc.Arbitrary<Walk> = fc.record({
  fields,
  pattern: fc.constantFrom('*/10 * * * * *', '* * * * *', '0 * * * *'),
  closed: fc.oneof(apart, held),
  steps: fc.array(fc.record({ waitMs, does }), { maxLength: STEPS }),
});

/** Goes through the steps, and returns the look that had nothing to decide, if there was one. */
const idleLookOf = (plan: Walk): object | undefined => {
  const job = { tenant: 'acme', applicationId: 3, jobId: 7 };
  const rules = rulesOf(plan.fields);
  const schedule = scheduleOf(scheduleKey({ pattern: plan.pattern, timezone: 'UTC' }));
  const slots = jobSlots({ schedule, jobId: job.jobId, jitterMs: rules.jitterMs });
  const { closures, isPausedAt } = plan.closed;
  const ofJob = { job, rules, defaultHooks: {}, slots, closures };
  const activeDefinition = { ...ofJob, status: 'enabled' as const, randomFraction: 0.5 };
  let runs: Runs = { ...initialRuns, jobRevision: 0, cursorMs: startMs };
  let nowMs = startMs;
  let executionId = 0;
  let waitsForPlace = false;
  let waitsForLimit = false;
  const take = (events: readonly RunEvent[]): number => {
    runs = events.reduce(evolveRuns, runs);
    return events.length;
  };
  const look = (): number =>
    take(
      decideRuns(runs, {
        ...activeDefinition,
        isPaused: isPausedAt(nowMs),
        engineId: 'e1',
        nowMs,
        aheadMs: 200,
        lateBecause: { untilMs: startMs, reason: 'ENGINE_DOWN', sinceThen: 'ENGINE_BEHIND' },
        executionId: ++executionId,
        mayCall: !waitsForPlace && !waitsForLimit,
        atLimit: waitsForLimit,
      }),
    );
  const isDue = (): boolean =>
    nextWakeupMs(runs, {
      ...activeDefinition,
      isPaused: isPausedAt(nowMs),
      aheadMs: 200,
      waitsForPlace,
      waitsForLimit,
    }) <= nowMs;
  const end = (kind: 'succeed' | 'fail'): void => {
    const running = runs.open.find(({ state }) => state === 'running');
    if (running === undefined) return;
    const execution = { executionId: running.executionId, attempt: running.attempt, engineId: 'e1' };
    const times = { startedAtMs: nowMs, finishedAtMs: nowMs };
    const outcome: Outcome =
      kind === 'succeed'
        ? {
            kind: 'succeeded',
            ...times,
            result: okResult,
          }
        : { kind: 'failed', ...times, error: { code: 'HTTP_503', message: 'busy' } };
    take(recordOutcome(runs, { ...activeDefinition, execution, outcome, delay: undefined }));
  };
  for (const step of plan.steps) {
    nowMs += step.waitMs;
    if (step.does === 'succeed' || step.does === 'fail') end(step.does);
    if (step.does === 'trigger') {
      take(
        requestExecution(runs, { job, rules, executionId: ++executionId, trigger: 'manual', createdBy: 'a', nowMs }),
      );
    }
    // The engine looks as long as there is something to do, and finds a place for a call, waits for one, or for room in
    // the limit.
    waitsForPlace = step.does === 'wait';
    waitsForLimit = step.does === 'limit';
    while (isDue()) {
      if (endOfJob(runs, activeDefinition, nowMs) !== undefined) return undefined;
      const before = { nowMs, waitsForPlace, waitsForLimit, runs };
      if (look() === 0) return before;
    }
  }
  return undefined;
};

describe('the next look at a job', () => {
  it('finds something to decide, whatever came before: an engine never checks a job in circles', () => {
    fc.assert(
      fc.property(walk, (plan) => {
        expect(idleLookOf(plan)).to.equal(undefined);
      }),
      { numRuns: 500 },
    );
  });
});
