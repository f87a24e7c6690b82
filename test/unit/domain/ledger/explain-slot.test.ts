import { expect } from 'chai';
import type { OpenExecution } from '../../../../src/domain/events/index.ts';
import { explainSlot, type SlotRecords } from '../../../../src/domain/ledger/explain-slot.ts';
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
const runsAt = (clock: string, other: Partial<Runs> = {}): Runs => ({ ...initialRuns, cursorMs: at(clock), ...other });
const given = (other: Partial<SlotRecords> = {}): SlotRecords => ({
  ranges: [],
  executions: new Map(),
  runs: runsAt('09:00:00'),
  nowMs: at('12:00:00'),
  ...other,
});
const overlap = {
  outcome: 'skipped',
  reason: 'OVERLAP',
  firstMs: at('08:01:00'),
  lastMs: at('08:03:00'),
} as const;

describe('a slot', () => {
  it('fired where it has an execution', () => {
    const executions = new Map([[at('08:00:00'), { executionId: 40, waits: false }]]);
    expect(explainSlot(at('08:00:00'), given({ executions }))).to.deep.equal({ outcome: 'fired', executionId: 40 });
  });
  it('is late where its execution says so', () => {
    const executions = new Map([[at('08:00:00'), { executionId: 40, waits: false, late: 'ENGINE_DOWN' as const }]]);
    expect(explainSlot(at('08:00:00'), given({ executions }))).to.deep.equal({
      outcome: 'late',
      reason: 'ENGINE_DOWN',
      executionId: 40,
    });
  });
  it('is due while its execution waits for its first call', () => {
    const executions = new Map([[at('08:00:00'), { executionId: 40, waits: true }]]);
    expect(explainSlot(at('08:00:00'), given({ executions }))).to.deep.equal({ outcome: 'due', executionId: 40 });
  });
  it('is what the range says that it falls in, from the first slot to the last', () => {
    const ranges = [
      overlap,
      { ...overlap, outcome: 'missed', reason: 'ENGINE_DOWN', firstMs: at('08:04:00'), lastMs: at('08:04:00') },
    ] as const;
    const outcomes = ['08:00:00', '08:01:00', '08:03:00', '08:04:00', '08:05:00'].map(
      (clock) => explainSlot(at(clock), given({ ranges })).outcome,
    );
    expect(outcomes).to.deep.equal(['due', 'skipped', 'skipped', 'missed', 'due']);
  });
  it('counts as skipped where its execution was cancelled before the call', () => {
    const slotMs = at('08:00:00');
    const ranges = [
      { outcome: 'skipped', reason: 'EDITED', firstMs: slotMs, lastMs: slotMs, executionId: 40 },
    ] as const;
    const executions = new Map([[slotMs, { executionId: 40, waits: false }]]);
    expect(explainSlot(slotMs, given({ ranges, executions }))).to.deep.equal({
      outcome: 'skipped',
      reason: 'EDITED',
      executionId: 40,
    });
  });
  it('fired where it has an execution, whatever else was recorded of it', () => {
    const executions = new Map([[at('08:02:00'), { executionId: 41, waits: false }]]);
    expect(explainSlot(at('08:02:00'), given({ ranges: [overlap], executions })).outcome).to.equal('fired');
  });
  it('is due until it is settled, also in the time to come', () => {
    for (const clock of ['09:00:01', '11:59:59', '12:00:01']) {
      expect(explainSlot(at(clock), given())).to.deep.equal({ outcome: 'due' });
    }
  });
  it('is skipped already where it passed while an execution is open', () => {
    const runs = runsAt('09:00:00', { open: [open] });
    const outcomes = ['08:59:00', '09:01:00', '12:00:00', '12:01:00'].map(
      (clock) => explainSlot(at(clock), given({ runs })).outcome,
    );
    expect(outcomes).to.deep.equal(['due', 'skipped', 'skipped', 'due']);
  });
});
