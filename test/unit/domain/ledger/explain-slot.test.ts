import { expect } from 'chai';
import { NO_CLOSURES } from '../../../../src/domain/closure/closure.ts';
import type { OpenExecution } from '../../../../src/domain/events/index.ts';
import { initialRuns, type Runs } from '../../../../src/domain/execution/tail.ts';
import { DEFAULT_RULES, type RunRules } from '../../../../src/domain/job/rules.ts';
import { explainSlot, type SlotContext, type SlotRecords } from '../../../../src/domain/ledger/explain-slot.ts';
import { compileSchedule, jobSlots } from '../../../../src/domain/schedule/index.ts';

const at = (clock: string): number => Date.parse(`2026-03-01T${clock}Z`);
const open: OpenExecution = {
  executionId: 40,
  attempt: 1,
  state: 'running',
  trigger: 'schedule',
  scheduledAt: '2026-03-01T09:00:00.000Z',
  createdAt: '2026-03-01T09:00:00.000Z',
  engineId: 'e1',
};
const schedule = compileSchedule({ pattern: '* * * * *', timezone: 'UTC' });

/** A minutely job at noon whose slots up to 09:00 are settled. */
const context = (runs: Partial<Runs> = {}, rules: Partial<RunRules> = {}): SlotContext => ({
  period: {
    jobRevision: 0,
    afterMs: at('00:00:00'),
    untilMs: Number.POSITIVE_INFINITY,
    slots: jobSlots({ schedule, jobId: 7, jitterMs: rules.jitterMs ?? 0 }),
    rules: { ...DEFAULT_RULES, ...rules },
  },
  runs: { ...initialRuns, cursorMs: at('09:00:00'), ...runs },
  closures: NO_CLOSURES,
  nowMs: at('12:00:00'),
});
const recorded = (records: SlotRecords, of = context()) => explainSlot(at('08:00:00'), records, of);
/** What becomes of slots without a record. */
const unrecorded = (of: SlotContext, ...clocks: string[]) =>
  clocks.map((clock) => {
    const explained = explainSlot(at(clock), {}, of);
    if (explained === undefined) return 'none';
    return 'reason' in explained ? `${explained.outcome} ${explained.reason}` : explained.outcome;
  });
const overlap = { outcome: 'skipped', reason: 'OVERLAP' } as const;

describe('a slot with a record', () => {
  it('fired if it has an execution', () => {
    expect(recorded({ execution: { executionId: 40, waits: false } })).to.deep.equal({
      outcome: 'fired',
      executionId: 40,
    });
  });
  it('is late if its execution reports it', () => {
    expect(recorded({ execution: { executionId: 40, waits: false, late: 'ENGINE_DOWN' } })).to.deep.equal({
      outcome: 'late',
      reason: 'ENGINE_DOWN',
      executionId: 40,
    });
  });
  it('is due while its execution waits for its first call, and reports what for', () => {
    const execution = { executionId: 40, waits: true };
    expect(recorded({ execution })).to.deep.equal({ outcome: 'due', executionId: 40 });
    const waiting: OpenExecution = { ...open, state: 'pending', attempt: 0, waitsFor: 'OVERLAP' };
    expect(recorded({ execution }, context({ open: [waiting] }))).to.deep.equal({
      outcome: 'due',
      reason: 'OVERLAP',
      executionId: 40,
    });
  });
  it('is what the range states that it falls in', () => {
    expect(recorded({ range: overlap })).to.deep.equal(overlap);
  });
  it('counts as skipped if its execution was cancelled before the call', () => {
    const range = { outcome: 'skipped', reason: 'EDITED', executionId: 40 } as const;
    expect(recorded({ range, execution: { executionId: 40, waits: false } })).to.deep.equal(range);
    expect(recorded({ range })).to.deep.equal(range);
  });
  it('fired if it has an execution, with any other records', () => {
    expect(recorded({ range: overlap, execution: { executionId: 41, waits: false } })?.outcome).to.equal('fired');
  });
});

describe('a slot without a record', () => {
  it('is due until it is settled, also in the time to come', () => {
    expect(unrecorded(context(), '09:01:00', '12:00:00', '12:01:00')).to.deep.equal(['due', 'due', 'due']);
  });
  it('is skipped already if it passed while an execution is open', () => {
    const running = context({ open: [open] });
    expect(unrecorded(running, '08:59:00', '09:01:00', '12:00:00', '12:01:00')).to.deep.equal([
      'due',
      'skipped OVERLAP',
      'skipped OVERLAP',
      'due',
    ]);
  });
  it('is due beside an open execution if the rules let it be called, or wait', () => {
    for (const overlapping of ['allow', 'queue', 'replace'] as const) {
      expect(unrecorded(context({ open: [open] }, { overlap: overlapping }), '09:01:00')).to.deep.equal(['due']);
    }
    expect(unrecorded(context({ open: [{ ...open, catchUp: true }] }), '09:01:00')).to.deep.equal(['due']);
  });
  it('is due until its jitter is over', () => {
    const jittered = context({ open: [open] }, { jitterMs: 60_000 });
    const { nowMs, period } = jittered;
    expect(period.slots.dueMs(nowMs)).to.be.above(nowMs);
    expect(unrecorded(jittered, '11:59:00', '12:00:00')).to.deep.equal(['skipped OVERLAP', 'due']);
  });
  it('is due while it is still to be caught up with', () => {
    const catchUp = [{ afterMs: at('08:29:00'), untilMs: at('08:40:00') }];
    expect(unrecorded(context({ catchUp }, { maxRuns: 100 }), '08:29:00', '08:30:00', '08:40:00')).to.deep.equal([
      'none',
      'due',
      'due',
    ]);
  });
  it('is skipped in a blackout window, and due in the time to come, when it is expected to be skipped', () => {
    const closure = { fromMs: at('11:00:00'), untilMs: at('13:00:00'), reason: 'CALENDAR' as const };
    const closed = { ...context({ open: [open] }), closures: () => [closure] };
    expect(unrecorded(closed, '11:30:00', '12:30:00')).to.deep.equal(['skipped CALENDAR', 'due']);
    expect(explainSlot(at('12:30:00'), {}, closed)).to.deep.equal({
      outcome: 'due',
      expected: 'skipped',
      expectedReason: 'CALENDAR',
    });
  });
  it('never came due if the job had made all its runs', () => {
    expect(unrecorded(context({ runs: 3 }, { maxRuns: 3 }), '08:00:00', '09:01:00', '12:01:00')).to.deep.equal([
      'none',
      'none',
      'none',
    ]);
    expect(unrecorded(context({ runs: 2 }, { maxRuns: 3 }), '08:00:00', '09:01:00')).to.deep.equal(['none', 'due']);
  });
  it('is due of a job that is gone', () => {
    expect(unrecorded({ ...context(), runs: undefined }, '08:00:00')).to.deep.equal(['due']);
  });
});
