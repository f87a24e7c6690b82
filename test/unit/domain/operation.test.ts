import { expect } from 'chai';
import type { BulkItem, Operation, OperationEvent } from '../../../src/domain/events/index.ts';
import {
  decideBegin,
  decideFail,
  decideProgress,
  decideRest,
  decideStop,
  isResting,
  type NextItems,
  PERMISSION_FOR,
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
  it('records nothing if another runner began it or it was cancelled', () => {
    for (const event of [running(), cancelled()]) {
      given(event)
        .when((state) => decideBegin(state, { total: 4, next }, nowMs))
        .thenNothing();
    }
  });
});

describe('the progress of an operation', () => {
  const counts = { done: 1, rejected: { JOB_NOT_FOUND: 1 } };
  const more: NextItems = { items: [job(3)], cursor: cursorAt(3) };
  it('ends a cancelled one, and plans nothing more', () => {
    given(cancelled())
      .when((state) => decideProgress(state, { counts, next: more, cursor: next.cursor }, nowMs))
      .thenOnce(endOf(cancelled(), { ...counts, status: 'cancelled' }));
  });
  it('counts items once, if two runners processed them', () => {
    for (const cursor of [cursorAt(3), { ...cursorAt(2), at }]) {
      given(running({ planned: [job(3)], cursor }))
        .when((state) => decideProgress(state, { counts, next: more, cursor: next.cursor }, nowMs))
        .thenNothing();
    }
  });
});

describe('an operation that rests', () => {
  const nextAt = toInstant(nowMs + 60_000);
  const resting = (other: Partial<Operation> = {}) => running({ nextAt, ...other });
  it('waits until its next items are due', () => {
    expect(isResting(resting().data, nowMs)).to.equal(true);
    expect(isResting(resting().data, nowMs + 60_000)).to.equal(false);
    expect(isResting(running().data, nowMs)).to.equal(false);
  });
  it('keeps its planned items, unless it was cancelled', () => {
    given(running())
      .when((state) => decideRest(state, nowMs + 60_000, nowMs))
      .then(resting({ updatedAt: at }));
    given(cancelled())
      .when((state) => decideRest(state, nowMs + 60_000, nowMs))
      .thenNothing();
  });
  it('counts as abandoned from the time at which it should have continued', () => {
    const long = resting({ updatedAt: toInstant(nowMs - 2 * RESUMABLE_MS) });
    given(long)
      .when((state) => decideStop(state, nowMs + 60_000 + RESUMABLE_MS - 1))
      .thenNothing();
    expect(decideStop(long.data, nowMs + 60_000 + RESUMABLE_MS)).to.have.length(1);
  });
});

describe('stopping an operation', () => {
  const stop =
    (ms = nowMs) =>
    (state: Operation) =>
      decideStop(state, ms);
  it('ends if it was cancelled', () => {
    given(cancelled())
      .when(stop())
      .thenOnce(endOf(cancelled(), { status: 'cancelled' }));
  });
  it('ends if it was abandoned for too long', () => {
    const updatedAt = toInstant(nowMs - RESUMABLE_MS);
    const events = decideStop(running({ updatedAt, done: 7 }).data, nowMs);
    expect(events.map(({ data }) => [data.status, data.error?.code])).to.deep.equal([['failed', 'INTERRUPTED']]);
    expect(events[0]?.data.error?.message).to.contain('7 items are counted as done').and.contain('up to 2 more');
    given(running({ updatedAt: toInstant(nowMs - RESUMABLE_MS + 1) }))
      .when(stop())
      .thenNothing();
  });
  it('waits without limit before it begins', () => {
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
  it('depends on its action', () => {
    const of = (['enable', 'disable', 'delete', 'trigger', 'rerun', 'cancel'] as const).map(
      (action) => PERMISSION_FOR[action],
    );
    const [write, trigger, cancel] = ['scheduler:jobs:write', 'scheduler:jobs:trigger', 'scheduler:executions:cancel'];
    expect(of).to.deep.equal([write, write, write, trigger, trigger, cancel]);
  });
});
