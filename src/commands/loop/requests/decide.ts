import { DomainError } from '../../../domain/domain-error.ts';
import type { EventOf, RequestEvent } from '../../../domain/events/index.ts';
import { Json, toInstant } from '../../../domain/values.ts';
import type { Append } from '../../../event-store/port.ts';
import type { KeyedEvent } from './keyed-events.ts';

/**
 * The states of a request with an Idempotency-Key, and what leads from one to the next:
 *
 *   (none) ─ RequestReserved ─► reserved ─ RequestPlanned ─► planned ─ ResponseRecorded ─► answered
 *
 * The key is reserved before the command reads anything. One attempt at a time has the turn. Each event names its
 * attempt, and an attempt that lost the turn records nothing more. An attempt that records nothing for 15 s loses the
 * turn to the next repetition of the request, which first makes the append that was planned, or learns that it lost. A
 * rejected request releases its key.
 */
export type Attempt = {
  readonly tenant: string;
  readonly key: string;
  readonly bodyHash: string;
  readonly attempt: string;
};

/** Longer than a young reservation protects a name, so that a name that a dead attempt reserved can be taken over. */
const UNDER_WAY_MS = 15_000;

type NewestRequestEvent = RequestEvent | undefined;

/**
 * Begins an attempt, or takes over one that went silent; records nothing if the request was answered.
 * @throws DomainError IDEMPOTENCY_KEY_REUSED, REQUEST_IN_PROGRESS
 */
export const decideBegin = (attempt: Attempt, newest: NewestRequestEvent, nowMs: number): KeyedEvent[] => {
  switch (newest?.type) {
    case undefined:
    case 'RequestReleased':
    case 'ResponsePart':
      return [{ type: 'RequestReserved', data: { ...attempt, at: toInstant(nowMs) } }];
    case 'RequestReserved':
    case 'RequestPlanned': {
      checkSame(attempt, newest.data);
      if (nowMs - Date.parse(newest.data.at) < UNDER_WAY_MS) throw requestInProgress();
      const own = { ...attempt, at: toInstant(nowMs) };
      return newest.type === 'RequestReserved'
        ? [{ type: 'RequestReserved', data: own }]
        : [{ type: 'RequestPlanned', data: { ...own, append: newest.data.append } }];
    }
    case 'ResponseRecorded':
      checkSame(attempt, newest.data);
      return [];
  }
};

/** Shows that the attempt lives; records nothing after the attempt planned its append or lost the turn. */
export const decideUnchanged = (attempt: Attempt, newest: NewestRequestEvent, nowMs: number): KeyedEvent[] =>
  newest?.type === 'RequestReserved' && hasTurn(attempt, newest)
    ? [{ type: 'RequestReserved', data: { ...attempt, at: toInstant(nowMs) } }]
    : [];

/**
 * Plans the append that the attempt is about to make.
 * @throws DomainError REQUEST_IN_PROGRESS where another attempt has the turn
 */
export const decidePlan = (
  { append, ...attempt }: Attempt & { readonly append: Append },
  newest: NewestRequestEvent,
  nowMs: number,
): KeyedEvent[] => {
  if (!hasTurn(attempt, newest)) throw requestInProgress();
  const events = append.events.map(({ id, type, data, metadata }) => ({ id, type, data: Json.parse(data), metadata }));
  return [{ type: 'RequestPlanned', data: { ...attempt, at: toInstant(nowMs), append: { ...append, events } } }];
};

/** Releases the key of a rejected request; records nothing if another attempt has the turn or answered. */
export const decideRelease = (attempt: Attempt, newest: NewestRequestEvent): KeyedEvent[] => {
  const { tenant, key } = attempt;
  return hasTurn(attempt, newest) ? [{ type: 'RequestReleased', data: { tenant, key } }] : [];
};

type KeptAnswer = EventOf<'ResponseRecorded'>['data']['response'];

/**
 * Records the answer; nothing if another attempt recorded one already.
 * @throws DomainError REQUEST_IN_PROGRESS where another attempt has the turn
 */
export const decideAnswer = (
  { answer, ...attempt }: Attempt & { readonly answer: KeptAnswer },
  newest: NewestRequestEvent,
): KeyedEvent[] => {
  if (newest?.type === 'ResponseRecorded') return [];
  if (!hasTurn(attempt, newest)) throw requestInProgress();
  const { tenant, key, bodyHash } = attempt;
  return [{ type: 'ResponseRecorded', data: { tenant, key, bodyHash, response: answer } }];
};

const hasTurn = ({ attempt }: Attempt, newest: NewestRequestEvent): boolean =>
  (newest?.type === 'RequestReserved' || newest?.type === 'RequestPlanned') && newest.data.attempt === attempt;

const checkSame = (asked: Pick<Attempt, 'bodyHash'>, earlier: Pick<Attempt, 'bodyHash'>): void => {
  if (earlier.bodyHash === asked.bodyHash) return;
  throw new DomainError(
    'IDEMPOTENCY_KEY_REUSED',
    'this Idempotency-Key was used for a different request: choose a new key',
  );
};

export const requestInProgress = (): DomainError =>
  new DomainError(
    'REQUEST_IN_PROGRESS',
    'a request with this Idempotency-Key is in progress: repeat it in a few seconds',
  );
