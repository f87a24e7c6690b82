import { expect } from 'chai';
import fc from 'fast-check';
import { type Blackout, type Blackouts, closureAt } from '../../../../src/domain/closure/closure.ts';
import type { RuleFields } from '../../../../src/domain/events/index.ts';
import { endOfJob } from '../../../../src/domain/execution/overlap-decision.ts';
import { rulesOf } from '../../../../src/domain/job/rules.ts';
import { jobSlots, scheduleKey, scheduleOf } from '../../../../src/domain/schedule/index.ts';
import { anyPausedTimes, type PausedTimes } from '../../../support/paused-times.ts';
import { ledgerOf } from '../../../support/run-ledger.ts';

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

/** Takes the steps. @returns a wake-up at which there was nothing to decide */
const idleLookOf = ({ fields: ofRules, pattern, closed, steps }: Walk): object | undefined => {
  const schedule = scheduleOf(scheduleKey({ pattern, timezone: 'UTC' }));
  const rules = rulesOf(ofRules);
  const slots = jobSlots({ schedule, jobId: 7, jitterMs: rules.jitterMs });
  const ledger = ledgerOf(ofRules, { fromMs: startMs, closures: closed.closures, slots });
  let nowMs = startMs;
  for (const { waitMs: passedMs, does: step } of steps) {
    nowMs += passedMs;
    const isPaused = closed.isPausedAt(nowMs);
    const running = ledger.runs().open.find(({ state }) => state === 'running');
    if (step === 'succeed' && running) ledger.end(running.executionId, nowMs);
    if (step === 'fail' && running) ledger.end(running.executionId, nowMs, 'failed', 'HTTP_503');
    if (step === 'trigger') ledger.trigger(nowMs);
    // The engine looks while there is something to do, and has a place for a call or waits for one or for the limit.
    const [waitsForPlace, waitsForLimit] = [step === 'wait', step === 'limit'];
    while (ledger.nextLook({ isPaused, waitsForPlace, waitsForLimit }) <= nowMs) {
      if (endOfJob(ledger.runs(), { rules, slots, status: 'enabled' }, nowMs) !== undefined) return undefined;
      const before = { nowMs, step, runs: ledger.runs() };
      const decided = ledger.look(nowMs, {
        isPaused,
        mayCall: !waitsForPlace && !waitsForLimit,
        atLimit: waitsForLimit,
      });
      if (decided.length === 0) return before;
    }
  }
  return undefined;
};

describe('the next wake-up for a job', () => {
  it('always has something to decide', () => {
    fc.assert(
      fc.property(walk, (plan) => {
        expect(idleLookOf(plan)).to.equal(undefined);
      }),
      { numRuns: 500 },
    );
  });
});
