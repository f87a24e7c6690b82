import { expect } from 'chai';
import type { OpenExecution } from '../../../../src/domain/events/index.ts';
import { explainSlot, type JobNow, type SlotRecords } from '../../../../src/domain/ledger/explain-slot.ts';
import { initialRuns, type Runs } from '../../../../src/domain/runs/tail.ts';

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
const nowWith = (other: Partial<Runs> = {}): JobNow => ({
  runs: { ...initialRuns, cursorMs: at('09:00:00'), ...other },
  nowMs: at('12:00:00'),
});
const explain = (records: SlotRecords) => explainSlot(at('08:00:00'), records, nowWith());
const overlap = { outcome: 'skipped', reason: 'OVERLAP' } as const;

describe('a slot', () => {
  it('fired where it has an execution', () => {
    expect(explain({ execution: { executionId: 40, waits: false } })).to.deep.equal({
      outcome: 'fired',
      executionId: 40,
    });
  });
  it('is late where its execution says so', () => {
    expect(explain({ execution: { executionId: 40, waits: false, late: 'ENGINE_DOWN' } })).to.deep.equal({
      outcome: 'late',
      reason: 'ENGINE_DOWN',
      executionId: 40,
    });
  });
  it('is due while its execution waits for its first call', () => {
    expect(explain({ execution: { executionId: 40, waits: true } })).to.deep.equal({
      outcome: 'due',
      executionId: 40,
    });
  });
  it('is what the range says that it falls in', () => {
    expect(explain({ range: overlap })).to.deep.equal(overlap);
  });
  it('counts as skipped where its execution was cancelled before the call', () => {
    const range = { outcome: 'skipped', reason: 'EDITED', executionId: 40 } as const;
    expect(explain({ range, execution: { executionId: 40, waits: false } })).to.deep.equal(range);
    expect(explain({ range })).to.deep.equal(range);
  });
  it('fired where it has an execution, whatever else was recorded of it', () => {
    expect(explain({ range: overlap, execution: { executionId: 41, waits: false } }).outcome).to.equal('fired');
  });
  it('is due until it is settled, also in the time to come', () => {
    for (const clock of ['09:00:01', '11:59:59', '12:00:01']) {
      expect(explainSlot(at(clock), {}, nowWith())).to.deep.equal({ outcome: 'due' });
    }
  });
  it('is skipped already where it passed while an execution is open', () => {
    const outcomes = ['08:59:00', '09:01:00', '12:00:00', '12:01:00'].map(
      (clock) => explainSlot(at(clock), {}, nowWith({ open: [open] })).outcome,
    );
    expect(outcomes).to.deep.equal(['due', 'skipped', 'skipped', 'due']);
  });
});
