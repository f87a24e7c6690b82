import { expect } from 'chai';
import fc from 'fast-check';
import { type ExecutionChange, executionRecord } from '../../../../src/projections/queries/records/executions.ts';
import { foldExecutions } from '../../../../src/projections/read-models/executions-fold.ts';
import { anyHistory, cutAt, history, recorded } from '../../../support/histories.ts';

const rowsAfter = (batches: readonly Parameters<typeof foldExecutions>[0][]): Map<number, ExecutionChange> => {
  const rows = new Map<number, ExecutionChange>();
  for (const batch of batches) {
    for (const [id, change] of foldExecutions(batch) ?? []) {
      const row = rows.get(id);
      if (row === undefined) rows.set(id, change);
      else if (row.revision < change.revision) rows.set(id, executionRecord.merge(row, change));
    }
  }
  return rows;
};

describe('fold executions', () => {
  it('starts at the slot or at the claim, whichever is later, until the outcome states better', () => {
    const events = recorded(history([{ jobId: 1, step: 'claim' }]));
    const [row] = foldExecutions(events)?.values() ?? [];
    expect(row).to.include({
      status: 'running',
      attempt: 1,
      engineId: 'engine-1',
      startedAt: '2026-03-01T08:00:07.000Z',
    });

    const steps = (['claim', 'succeed'] as const).map((step) => ({ jobId: 1, step }));
    const [after] = foldExecutions(recorded(history(steps)))?.values() ?? [];
    expect(after).to.include({ status: 'succeeded', startedAt: '2026-03-01T08:00:14.000Z' });
  });

  it('did not start if the outcome reports no request, unless its engine was lost', () => {
    const events = recorded(
      history([
        { jobId: 1, step: 'claim' },
        { jobId: 1, step: 'fail' },
      ]),
    );
    const lost = events.map((event) =>
      event.type === 'ExecutionFailed'
        ? { ...event, data: { ...event.data, error: { code: 'OUTCOME_UNKNOWN', message: 'its engine was lost' } } }
        : event,
    );
    const startOf = (of: typeof events) => [...(foldExecutions(of)?.values() ?? [])].map(({ startedAt }) => startedAt);
    expect(startOf(events)).to.deep.equal([undefined]);
    expect(startOf(lost)).to.deep.equal(['2026-03-01T08:00:07.000Z']);
  });

  it('keeps fields that later events omit', () => {
    const steps = (['request', 'start', 'fail'] as const).map((step) => ({ jobId: 1, step }));
    const [row] = foldExecutions(recorded(history(steps)))?.values() ?? [];
    expect(row).to.deep.include({
      status: 'failed',
      createdBy: 'ann',
      labels: { team: 'red' },
      engineId: 'engine-1',
      error: { code: 'ETIMEDOUT', message: 'no answer' },
    });
  });

  it('keeps each attempt that failed, and when the next one is made until it is', () => {
    const rowAfter = (...steps: ('claim' | 'try again' | 'start' | 'succeed')[]) => {
      const [row] = foldExecutions(recorded(history(steps.map((step) => ({ jobId: 1, step })))))?.values() ?? [];
      return row;
    };
    const error = { code: 'HTTP_503', message: 'the target responded with status 503' };
    const first = {
      attempt: 1,
      startedAt: '2026-03-01T08:00:14.000Z',
      finishedAt: '2026-03-01T08:00:14.000Z',
      error,
    };
    expect(rowAfter('claim', 'try again')).to.deep.include({
      status: 'pending',
      attempt: 1,
      startedAt: first.startedAt,
      attempts: [first],
      retryAt: '2026-03-01T08:00:14.000Z',
      error: undefined,
      finishedAt: undefined,
    });
    const second = { attempt: 2, startedAt: null, finishedAt: '2026-03-01T08:00:28.000Z', error };
    const row = rowAfter('claim', 'try again', 'start', 'try again', 'start', 'succeed');
    expect(row).to.deep.include({
      status: 'succeeded',
      attempt: 3,
      startedAt: first.startedAt,
      attemptStartedAt: '2026-03-01T08:00:42.000Z',
      attempts: [first, second],
      retryAt: undefined,
    });
  });

  it('reports which slots were called: once their first attempt has ended, and if it was not abandoned before the call', () => {
    const calledAfter = (...steps: ('claim' | 'request' | 'start' | 'try again' | 'succeed' | 'cancel')[]) => {
      const [row] = foldExecutions(recorded(history(steps.map((step) => ({ jobId: 1, step })))))?.values() ?? [];
      return row?.called;
    };
    expect(calledAfter('claim')).to.equal(false);
    expect(calledAfter('claim', 'succeed')).to.equal(true);
    expect(calledAfter('claim', 'try again', 'start', 'cancel')).to.equal(true);
    expect(calledAfter('claim', 'cancel')).to.equal(false);
    expect(calledAfter('request', 'start', 'succeed'), 'of no slot').to.equal(false);
  });

  it('distinguishes cancelled from failed', () => {
    for (const [step, status, code] of [
      ['cancel', 'cancelled', 'OVERLAP'],
      ['fail', 'failed', 'ETIMEDOUT'],
    ] as const) {
      const events = recorded(history((['claim', step] as const).map((each) => ({ jobId: 1, step: each }))));
      const [row] = foldExecutions(events)?.values() ?? [];
      expect([row?.status, row?.error?.code]).to.deep.equal([status, code]);
    }
  });

  it('changes nothing for events that concern no execution', () => {
    expect(foldExecutions(recorded(history([{ jobId: 1, step: 'edit' }])))).to.equal(undefined);
  });

  it('gives the same rows however the events are cut into batches, and when they come again', () => {
    fc.assert(
      fc.property(
        anyHistory(4),
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 6 }),
        (entries, cuts) => {
          const events = recorded(entries);
          const oneByOne = rowsAfter(events.map((event) => [event]));
          expect(rowsAfter(cutAt(events, cuts))).to.deep.equal(oneByOne);
          expect(rowsAfter([events, events])).to.deep.equal(oneByOne);
        },
      ),
    );
  });
});
