import { expect } from 'chai';
import type { BulkItem, Operation, OperationEvent } from '../../../src/domain/events/index.ts';
import {
  decideBegin,
  decideFail,
  decideProgress,
  decideRest,
  decideStop,
  type ItemCounts,
  isResting,
  type NextItems,
  permissionFor,
  RESUMABLE_MS,
} from '../../../src/domain/operation.ts';
import { toInstant } from '../../../src/domain/values.ts';
import { specOf } from '../../support/given.ts';
import { anOperation, REQUESTED_AT } from '../../support/operations.ts';

const { given } = specOf<Operation, OperationEvent>(anOperation(), (_state, { data }) => data);
const at = '2026-03-02T10:00:05.000Z';
const nowMs = Date.parse(at);
const job = (jobId: number): BulkItem => ({ of: 'job', jobId });
const cursorAt = (id: number) => ({ at: '2026-03-01T08:00:00.000Z', id });
const next: NextItems = { items: [job(1), job(2)], cursor: cursorAt(2) };
const none: NextItems = { items: [], cursor: undefined };
const running = (other: Partial<Operation> = {}): OperationEvent => ({
  type: 'OperationProgressed',
  data: anOperation({ status: 'running', planned: [...next.items], cursor: cursorAt(2), total: 4, ...other }),
});
const cancelled = (other: Partial<Operation> = {}): OperationEvent => ({
  type: 'OperationCancelled',
  data: { ...running().data, status: 'cancelling', cancelledAt: REQUESTED_AT, cancelledBy: 'bob', ...other },
});
const endOf = ({ data }: OperationEvent, other: Partial<Operation>): OperationEvent => ({
  type: 'OperationEnded',
  data: { ...data, planned: [], updatedAt: at, endedAt: at, ...other },
});

describe('beginning an operation', () => {
  const begin = (items: NextItems, total?: number) => (state: Operation) =>
    decideBegin(state, { total, next: items }, nowMs);
  it('plans the first items', () => {
    given()
      .when(begin(next, 4))
      .thenOnce(running({ updatedAt: at }));
  });
  it('ends one that matches nothing', () => {
    given()
      .when(begin(none, 0))
      .thenOnce({
        type: 'OperationEnded',
        data: anOperation({ status: 'completed', total: 0, updatedAt: at, endedAt: at }),
      });
  });
  it('records nothing if another runner began it, or it was cancelled', () => {
    given(running()).when(begin(next, 4)).thenNothing();
    given(cancelled()).when(begin(next, 4)).thenNothing();
  });
});

const more: NextItems = { items: [job(3)], cursor: cursorAt(3) };

describe('the progress of an operation', () => {
  const counts: ItemCounts = { done: 1, rejected: { JOB_NOT_FOUND: 1 } };
  const progress =
    (items: NextItems, cursor = next.cursor) =>
    (state: Operation) =>
      decideProgress(state, { counts, next: items, cursor }, nowMs);
  it('counts the planned items, and plans the next ones', () => {
    const before = running({ done: 2, rejected: { JOB_NOT_FOUND: 1, STREAM_PARKED: 1 } });
    const rejected = { JOB_NOT_FOUND: 2, STREAM_PARKED: 1 };
    given(before)
      .when(progress(more))
      .thenOnce(running({ done: 3, rejected, planned: [job(3)], cursor: cursorAt(3), updatedAt: at }));
  });
  it('ends it after the last items', () => {
    given(running())
      .when(progress(none))
      .thenOnce(endOf(running(), { ...counts, status: 'completed' }));
  });
  it('counts them once, if two runners carried them out', () => {
    given(running({ planned: [job(3)], cursor: cursorAt(3) }))
      .when(progress(more))
      .thenNothing();
  });
  it('ends a cancelled one, and plans nothing more', () => {
    given(cancelled())
      .when(progress(more))
      .thenOnce(endOf(cancelled(), { ...counts, status: 'cancelled' }));
  });
});

describe('an operation that rests', () => {
  const nextAt = toInstant(nowMs + 60_000);
  const resting = (other: Partial<Operation> = {}) => running({ nextAt, ...other });
  it('has nothing to do until its next items are due', () => {
    expect(isResting(resting().data, nowMs)).to.equal(true);
    expect(isResting(resting().data, nowMs + 60_000)).to.equal(false);
    expect(isResting(running().data, nowMs)).to.equal(false);
  });
  it('is one of which items are due later', () => {
    given(running())
      .when((state) => {
        const counts = { done: 2, rejected: {} };
        return decideProgress(state, { counts, next: more, nextAtMs: nowMs + 60_000, cursor: cursorAt(2) }, nowMs);
      })
      .thenOnce(running({ done: 2, planned: [...more.items], cursor: cursorAt(3), nextAt, updatedAt: at }));
  });
  it('is one that waits with the items that it has', () => {
    given(running())
      .when((state) => decideRest(state, nowMs + 60_000, nowMs))
      .then(resting({ updatedAt: at }));
    given(cancelled())
      .when((state) => decideRest(state, nowMs + 60_000, nowMs))
      .thenNothing();
  });
  it('ends immediately if it is cancelled', () => {
    const event = cancelled({ nextAt });
    expect(isResting(event.data, nowMs)).to.equal(false);
    given(event)
      .when((state) => decideStop(state, nowMs))
      .thenOnce(endOf(cancelled(), { status: 'cancelled' }));
  });
  it('counts as left from when it should have continued', () => {
    const long = resting({ updatedAt: toInstant(nowMs - 2 * RESUMABLE_MS) });
    given(long)
      .when((state) => decideStop(state, nowMs + 60_000 + RESUMABLE_MS - 1))
      .thenNothing();
    expect(decideStop(long.data, nowMs + 60_000 + RESUMABLE_MS)).to.have.length(1);
  });
});

describe('an operation that must not continue', () => {
  const stop =
    (ms = nowMs) =>
    (state: Operation) =>
      decideStop(state, ms);
  it('ends if it was cancelled', () => {
    given(cancelled())
      .when(stop())
      .thenOnce(endOf(cancelled(), { status: 'cancelled' }));
  });
  it('ends if it was left for so long that it must not be wanted any more', () => {
    const updatedAt = toInstant(nowMs - RESUMABLE_MS);
    const events = decideStop(running({ updatedAt, done: 7 }).data, nowMs);
    expect(events.map(({ data }) => [data.status, data.error?.code])).to.deep.equal([['failed', 'INTERRUPTED']]);
    expect(events[0]?.data.error?.message).to.contain('7 items are counted as done').and.contain('up to 2 more');
    given(running({ updatedAt: toInstant(nowMs - RESUMABLE_MS + 1) }))
      .when(stop())
      .thenNothing();
  });
  it('waits for as long as it must before it begins', () => {
    given()
      .when(stop(nowMs + 10 * RESUMABLE_MS))
      .thenNothing();
  });
  it('fails once', () => {
    const error = { code: 'QUERY_TOO_SLOW' as const, message: 'too slow' };
    given(running())
      .when((state) => decideFail(state, error, nowMs))
      .thenOnce(endOf(running(), { status: 'failed', error }));
  });
});

describe('the permission of a bulk', () => {
  it('is that of its action', () => {
    const of = (['enable', 'disable', 'delete', 'trigger', 'rerun', 'cancel'] as const).map(permissionFor);
    const [write, trigger, cancel] = ['scheduler:jobs:write', 'scheduler:jobs:trigger', 'scheduler:executions:cancel'];
    expect(of).to.deep.equal([write, write, write, trigger, trigger, cancel]);
  });
});
