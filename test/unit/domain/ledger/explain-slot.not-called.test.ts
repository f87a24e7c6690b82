import { expect } from 'chai';
import type { EventOf, SupersededReason } from '../../../../src/domain/events/index.ts';
import { SUPERSEDED } from '../../../../src/domain/execution/cancellation.ts';
import { notCalledReason, slotRangeOf } from '../../../../src/domain/ledger/explain-slot.ts';

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
  it('was cancelled, if its error states nothing else that is known', () => {
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
