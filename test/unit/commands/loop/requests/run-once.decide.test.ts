import { expect } from 'chai';
import type { KeyedEvent } from '../../../../../src/commands/loop/requests/keyed-events.ts';
import {
  decideBegin,
  decidePlan,
  decideRelease,
  decideResponse,
  decideUnchanged,
} from '../../../../../src/commands/loop/requests/run-once.ts';
import { DomainError } from '../../../../../src/domain/domain-error.ts';
import { RequestEvent } from '../../../../../src/domain/events/index.ts';
import { Json } from '../../../../../src/domain/values.ts';
import type { Append } from '../../../../../src/event-store/port.ts';
import { jobCreated } from '../../../../support/jobs.ts';

const AT = '2026-03-02T10:00:00.000Z';
const nowMs = Date.parse(AT);
const LATER_MS = nowMs + 15_000;
const LATER = new Date(LATER_MS).toISOString();
const [FIRST, SECOND] = ['11111111-1111-4111-8111-111111111111', '22222222-2222-4222-8222-222222222222'];
const attemptOf = (attempt: string, bodyHash = 'h1') => ({ tenant: 'acme', key: 'k1', bodyHash, attempt });
const mine = attemptOf(FIRST);
const other = attemptOf(SECOND);
const metadata = { actor: { type: 'user' as const, name: 'ann' }, correlationId: 'c1' };
const append: Append = { stream: 'job-7', expectedRevision: -1, events: [{ ...jobCreated(), id: FIRST, metadata }] };
const response = { status: 204, headers: {}, body: { storedAs: 'none' as const } };

const recorded = ({ type, data }: KeyedEvent): RequestEvent =>
  RequestEvent.parse({ type, data: { ...data, place: { index: [], span: { firstRevision: 0, since: AT } } } });
const reserved: KeyedEvent = { type: 'RequestReserved', data: { ...mine, at: AT } };
const storedAppend = {
  ...append,
  events: append.events.map(({ id, type, data, metadata: by }) => ({ id, type, data: Json.parse(data), metadata: by })),
};

const planned: KeyedEvent = { type: 'RequestPlanned', data: { ...mine, at: AT, append: storedAppend } };
const released: KeyedEvent = { type: 'RequestReleased', data: { tenant: 'acme', key: 'k1' } };
const responded: KeyedEvent = {
  type: 'ResponseRecorded',
  data: { tenant: 'acme', key: 'k1', bodyHash: 'h1', response },
};

const given = (...events: readonly KeyedEvent[]) => {
  const newest = events.map(recorded).at(-1);
  return {
    when: (decide: (newest: RequestEvent | undefined) => readonly KeyedEvent[]) => ({
      then: (...expected: readonly KeyedEvent[]) => expect(decide(newest)).to.deep.equal(expected),
      thenRejected: (code: string) =>
        expect(() => decide(newest))
          .to.throw(DomainError)
          .with.property('code', code),
    }),
  };
};

const begin =
  (attempt = mine, atMs = nowMs) =>
  (newest: RequestEvent | undefined) =>
    decideBegin(attempt, newest, atMs);
const plan =
  (attempt = mine) =>
  (newest: RequestEvent | undefined) =>
    decidePlan({ ...attempt, append }, newest, nowMs);
const end =
  (attempt = mine) =>
  (newest: RequestEvent | undefined) =>
    decideResponse({ ...attempt, response }, newest);

describe('a request under a key', () => {
  it('is reserved if there is none, or it was released', () => {
    given().when(begin()).then(reserved);
    given(reserved, released).when(begin()).then(reserved);
  });
  it('is in progress until its response is recorded', () => {
    given(reserved).when(begin(other)).thenRejected('REQUEST_IN_PROGRESS');
    given(reserved, planned).when(begin(other)).thenRejected('REQUEST_IN_PROGRESS');
    given(reserved, planned, responded).when(begin(other)).then();
  });
  it('is rejected for another body', () => {
    for (const events of [[reserved], [reserved, planned], [reserved, responded]]) {
      given(...events)
        .when(begin(attemptOf(SECOND, 'h2'), LATER_MS))
        .thenRejected('IDEMPOTENCY_KEY_REUSED');
    }
  });
  it('is continued by any repeat after its process stopped', () => {
    given(reserved)
      .when(begin(other, LATER_MS))
      .then({ type: 'RequestReserved', data: { ...other, at: LATER } });
    given(reserved, planned)
      .when(begin(other, LATER_MS))
      .then({ type: 'RequestPlanned', data: { ...other, at: LATER, append: storedAppend } });
  });
  it('makes no step if another attempt has the turn', () => {
    const taken: KeyedEvent = { type: 'RequestReserved', data: { ...other, at: LATER } };
    given(reserved, taken).when(plan()).thenRejected('REQUEST_IN_PROGRESS');
    given(reserved, taken).when(end()).thenRejected('REQUEST_IN_PROGRESS');
    given(reserved, taken)
      .when((newest) => decideRelease(mine, newest))
      .then();
    given(reserved, taken)
      .when((newest) => decideUnchanged(mine, newest, LATER_MS))
      .then();
  });
  it('plans its append, again after a conflict, and records its response', () => {
    given(reserved).when(plan()).then(planned);
    given(reserved, planned).when(plan()).then(planned);
    given(reserved, planned).when(end()).then(responded);
    given(reserved).when(end()).then(responded);
  });
  it('records its response once', () => {
    given(reserved, responded).when(end()).then();
    given(reserved, responded).when(end(other)).then();
    given(reserved, responded)
      .when((newest) => decideRelease(mine, newest))
      .then();
  });
  it('shows that it lives until it has planned its append', () => {
    given(reserved)
      .when((newest) => decideUnchanged(mine, newest, LATER_MS))
      .then({ type: 'RequestReserved', data: { ...mine, at: LATER } });
    given(reserved, planned)
      .when((newest) => decideUnchanged(mine, newest, LATER_MS))
      .then();
  });
});
