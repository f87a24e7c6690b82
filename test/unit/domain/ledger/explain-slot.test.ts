import { expect } from 'chai';
import { NO_CLOSURES } from '../../../../src/domain/closure/closure.ts';
import type { EventOf, OpenExecution, SupersededReason } from '../../../../src/domain/events/index.ts';
import { SUPERSEDED } from '../../../../src/domain/execution/cancellation.ts';
import { initialRuns, type Runs } from '../../../../src/domain/execution/tail.ts';
import { DEFAULT_RULES, type RunRules } from '../../../../src/domain/job/rules.ts';
import {
  explainSlot,
  notCalledReason,
  type SlotContext,
  type SlotRecords,
  slotRangeOf,
} from '../../../../src/domain/ledger/explain-slot.ts';
import { compileSchedule, jobSlots } from '../../../../src/domain/schedule/index.ts';

const because = (error: { code: string; reason?: SupersededReason }): string => {
  const { outcome, reason } = notCalledReason({ message: 'in any words', ...error });
  return `${outcome} ${reason}`;
};

describe('a slot whose execution was cancelled before its call', () => {
  it('was skipped for what changed the job', () => {
    expect(Object.values(SUPERSEDED).map(({ code, reason }) => because({ code, reason }))).to.deep.equal([
      'skipped EDITED',
      'skipped EDITED',
      'skipped DISABLED',
      'skipped DELETED',
      'skipped PAUSED',
      'skipped CALENDAR',
      'skipped PARKED',
    ]);
    expect(because({ code: 'JOB_DELETED' })).to.equal('skipped DELETED');
    expect(because({ code: 'JOB_DISABLED' })).to.equal('skipped DISABLED');
  });
  it('was skipped for the run that was open', () => {
    expect(because({ code: 'OVERLAP' })).to.equal('skipped OVERLAP');
    expect(because({ code: 'REPLACED' })).to.equal('skipped OVERLAP');
  });
  it('was missed if it had waited too long', () => {
    expect(because({ code: 'TOO_LATE' })).to.equal('missed TOO_LATE');
  });
  it('was cancelled, unless its error has a known cause', () => {
    expect(because({ code: 'OF_A_LATER_RELEASE' })).to.equal('skipped CANCELLED');
    expect(because({ code: 'SUPERSEDED' })).to.equal('skipped CANCELLED');
  });
});

describe('the slots that an event settles without a call', () => {
  const slot = '2026-03-01T09:00:00.000Z';
  const cancelled = (other: Partial<EventOf<'ExecutionCancelled'>['data']>): EventOf<'ExecutionCancelled'> => ({
    type: 'ExecutionCancelled',
    data: {
      tenant: 'acme',
      applicationId: 3,
      jobId: 7,
      executionId: 40,
      trigger: 'schedule',
      scheduledAt: slot,
      createdAt: slot,
      attempt: 1,
      finishedAt: slot,
      error: SUPERSEDED.disabled,
      tail: { jobRevision: 0, cursor: slot, runs: 0, open: [] },
      ...other,
    },
  });
  it('are that of an execution that was cancelled before its call', () => {
    expect(slotRangeOf(cancelled({}))).to.deep.equal({
      outcome: 'skipped',
      reason: 'DISABLED',
      firstMs: Date.parse(slot),
      lastMs: Date.parse(slot),
      count: 1,
      executionId: 40,
    });
  });
  it('are none if it was called, or not requested by a slot', () => {
    expect(slotRangeOf(cancelled({ startedAt: slot }))).to.equal(undefined);
    expect(slotRangeOf(cancelled({ trigger: 'manual' }))).to.equal(undefined);
  });
});

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
