import type { EventOf, RequestEvent } from '../../../domain/events/index.ts';
import { Refusal } from '../../../domain/refusal.ts';
import { Json, toInstant } from '../../../domain/values.ts';
import type { Append } from '../../../event-store/port.ts';
import type { KeyedEvent } from './keyed-events.ts';

/**
 * The states of a request with an Idempotency-Key, and what leads from one to the next:
 *
 *   (none) ─ RequestReserved ─► reserved ─ RequestPlanned ─► planned ─ RequestAnswered ─► answered
 *
 * The key is reserved before anything is looked at. One attempt at a time has the turn; each step names it, and one
 * that lost its turn makes no step more. An attempt that shows no life for 15 s loses its turn to whoever repeats the
 * request: what it had planned is made, or is lost for good, before anything else is planned. A refused request
 * releases its key.
 */
export type Attempt = {
  readonly tenant: string;
  readonly key: string;
  readonly bodyHash: string;
  readonly attempt: string;
};

/**
 * Longer than a name counts as about to be taken: by then, a name that a dead attempt reserved can be taken over too.
 */
const UNDER_WAY_MS = 15_000;

type NewestRequestEvent = RequestEvent | undefined;

/**
 * Begins an attempt, or goes on with one that was left; nothing where the request was answered.
 * @throws Refusal KEY_REUSED, REQUEST_UNDER_WAY
 */
export const decideBegin = (attempt: Attempt, newest: NewestRequestEvent, nowMs: number): KeyedEvent[] => {
  switch (newest?.type) {
    case undefined:
    case 'RequestReleased':
    case 'AnswerPart':
      return [{ type: 'RequestReserved', data: { ...attempt, at: toInstant(nowMs) } }];
    case 'RequestReserved':
    case 'RequestPlanned': {
      checkSame(attempt, newest.data);
      if (nowMs - Date.parse(newest.data.at) < UNDER_WAY_MS) throw underWay();
      const own = { ...attempt, at: toInstant(nowMs) };
      return newest.type === 'RequestReserved'
        ? [{ type: 'RequestReserved', data: own }]
        : [{ type: 'RequestPlanned', data: { ...own, append: newest.data.append } }];
    }
    case 'RequestAnswered':
      checkSame(attempt, newest.data);
      return [];
  }
};

/** Shows that the attempt lives; nothing once it has come further, or lost its turn. */
export const decideStay = (attempt: Attempt, newest: NewestRequestEvent, nowMs: number): KeyedEvent[] =>
  newest?.type === 'RequestReserved' && hasTurn(attempt, newest)
    ? [{ type: 'RequestReserved', data: { ...attempt, at: toInstant(nowMs) } }]
    : [];

/**
 * Says what is about to be appended.
 * @throws Refusal REQUEST_UNDER_WAY where another attempt has the turn
 */
export const decidePlan = (
  { append, ...attempt }: Attempt & { readonly append: Append },
  newest: NewestRequestEvent,
  nowMs: number,
): KeyedEvent[] => {
  if (!hasTurn(attempt, newest)) throw underWay();
  const events = append.events.map(({ id, type, data, metadata }) => ({ id, type, data: Json.parse(data), metadata }));
  return [{ type: 'RequestPlanned', data: { ...attempt, at: toInstant(nowMs), append: { ...append, events } } }];
};

/** Ends a refused request; nothing where another attempt has the turn or answered it. */
export const decideRelease = (attempt: Attempt, newest: NewestRequestEvent): KeyedEvent[] => {
  const { tenant, key } = attempt;
  return hasTurn(attempt, newest) ? [{ type: 'RequestReleased', data: { tenant, key } }] : [];
};

type KeptAnswer = EventOf<'RequestAnswered'>['data']['answer'];

/**
 * Answers a request; nothing where another attempt did already.
 * @throws Refusal REQUEST_UNDER_WAY where another attempt has the turn
 */
export const decideAnswer = (
  { answer, ...attempt }: Attempt & { readonly answer: KeptAnswer },
  newest: NewestRequestEvent,
): KeyedEvent[] => {
  if (newest?.type === 'RequestAnswered') return [];
  if (!hasTurn(attempt, newest)) throw underWay();
  const { tenant, key, bodyHash } = attempt;
  return [{ type: 'RequestAnswered', data: { tenant, key, bodyHash, answer } }];
};

const hasTurn = ({ attempt }: Attempt, newest: NewestRequestEvent): boolean =>
  (newest?.type === 'RequestReserved' || newest?.type === 'RequestPlanned') && newest.data.attempt === attempt;

const checkSame = (asked: Pick<Attempt, 'bodyHash'>, earlier: Pick<Attempt, 'bodyHash'>): void => {
  if (earlier.bodyHash === asked.bodyHash) return;
  throw new Refusal('KEY_REUSED', 'this Idempotency-Key was used for another request: choose a new one');
};

export const underWay = (): Refusal =>
  new Refusal('REQUEST_UNDER_WAY', 'a request with this Idempotency-Key is under way: repeat it in some seconds');
