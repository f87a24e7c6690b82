import { expect } from 'chai';
import type { ExecutionStatus } from '../../../../src/domain/events/index.ts';
import { historyOf } from '../../../../src/projections/queries/slot-history.ts';

const SLOT_MS = Date.UTC(2026, 2, 1, 9);

/** What became of a slot with executions of these statuses. */
const stateOf = (...statuses: readonly (ExecutionStatus | 'notCalled')[]) =>
  historyOf(
    statuses.map((status) =>
      status === 'notCalled'
        ? { slotMs: SLOT_MS, status: 'cancelled', wasCalled: false }
        : { slotMs: SLOT_MS, status, wasCalled: true },
    ),
  ).get(SLOT_MS);

describe('the history of a slot', () => {
  it('reports success, whatever the other executions of the slot did', () => {
    expect(stateOf('failed', 'succeeded', 'running')).to.equal('succeeded');
    expect(stateOf('running', 'succeeded')).to.equal('succeeded');
  });
  it('is open while an execution of it runs or waits', () => {
    expect([stateOf('failed', 'running'), stateOf('pending', 'failed')]).to.deep.equal(['open', 'open']);
  });
  it('is without success if all of them failed or were cancelled', () => {
    expect([stateOf('failed'), stateOf('cancelled', 'notCalled')]).to.deep.equal(['unsuccessful', 'unsuccessful']);
  });
  it('reports that it never ran if each execution was cancelled before its call', () => {
    expect(stateOf('notCalled', 'notCalled')).to.equal(undefined);
  });
});
