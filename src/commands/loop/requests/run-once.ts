import { defined } from '../../../domain/defined.ts';
import { DomainError } from '../../../domain/domain-error.ts';
import { DomainEvent, type EventOf, type RequestEvent } from '../../../domain/events/index.ts';
import { Json, toInstant } from '../../../domain/values.ts';
import { appendWithRetry } from '../../../event-store/append-with-retry.ts';
import { WrongExpectedRevision } from '../../../event-store/errors.ts';
import type { Append } from '../../../event-store/port.ts';
import { type CommandContext, type MadeAppend, RecordedRejection } from '../../command.ts';
import type { EventLog } from '../handle-command.ts';
import {
  createKeyedRecorder,
  type KeyedEvent,
  type KeyedResponse,
  type NewestEvent,
  type RecordedResponse,
  requestKey,
  restoreResponse,
  storeResponse,
} from './keyed-events.ts';

/** A request that can be repeated with the same `Idempotency-Key`. */
export type RepeatableRequest = {
  readonly context: CommandContext;
  /** The caller's `Idempotency-Key`. */
  readonly key: string;
  /** Hash of method, path, query and body. */
  readonly bodyHash: string;
};

/** Heartbeat interval of a running attempt, ms. */
const STAY_MS = 3_000;

/**
 * Runs a request once: a repetition within 24 hours gets the same response and appends nothing. If an earlier attempt died,
 * its planned append is made; only if that failed, the request is decided again. The states are below.
 * @throws DomainError IDEMPOTENCY_KEY_REUSED for another request with the same key, REQUEST_IN_PROGRESS while another
 * attempt is running
 */
export const runOnce = async (
  log: EventLog,
  { context, bodyHash, ...request }: RepeatableRequest,
  run: (context: CommandContext) => Promise<KeyedResponse>,
): Promise<KeyedResponse> => {
  const { world } = log;
  const key = requestKey(context.tenant, request.key);
  const attempt: Attempt = { tenant: context.tenant, key, bodyHash, attempt: world.random.uuid() };
  const recorder = createKeyedRecorder(log, key, context);
  const record = (decide: (newest: RequestEvent | undefined, nowMs: number) => readonly KeyedEvent[]) =>
    recorder.record((newest) => decide(newest, world.clock.now()));

  const begun = await record((newest, nowMs) => decideBegin(attempt, newest, nowMs));
  if (begun?.event.type === 'ResponseRecorded') return restore(log, begun.event, begun);
  const made = begun?.event.type === 'RequestPlanned' ? await makeAgain(log, begun.event) : undefined;

  /** Whether a planned append may have been made. */
  let mayBeMade = made !== undefined;
  const own = {
    ...defined({ made }),
    plan: async (append: Append): Promise<void> => {
      await record((newest, nowMs) => decidePlan({ ...attempt, append }, newest, nowMs));
      mayBeMade = true;
    },
    lost: (): void => {
      mayBeMade = false;
    },
  };
  const leave = stay(log, () => record((newest, nowMs) => decideUnchanged(attempt, newest, nowMs)));
  try {
    const response = await run({ ...context, own });
    const kept = await storeResponse(log, { key, context }, response);
    const newest = await record((earlier) => decideResponse({ ...attempt, response: kept }, earlier));
    const isFirst = newest?.event.type !== 'ResponseRecorded' || newest.event.data.response === kept;
    return isFirst ? response : await restore(log, newest.event, newest);
  } catch (error) {
    if (!(error instanceof DomainError) || (mayBeMade && !(error instanceof RecordedRejection))) throw error;
    const newest = await record((earlier) => decideRelease(attempt, earlier));
    if (newest?.event.type === 'ResponseRecorded') return restore(log, newest.event, newest);
    throw newest?.event.type === 'RequestReleased' ? error : requestInProgress();
  } finally {
    leave();
  }
};

const restore = (
  log: EventLog,
  { data: { response, key } }: EventOf<'ResponseRecorded'>,
  { position: at }: NewestEvent,
): Promise<KeyedResponse> => restoreResponse(log, response, { key, at });

/** Calls `show` every 3 s until the returned function is called. */
const stay = ({ world }: EventLog, show: () => Promise<unknown>): (() => void) => {
  let cancel = () => {};
  let hasLeft = false;
  const next = (): void => {
    if (hasLeft) return;
    cancel = world.timers.after(STAY_MS, () => void show().then(next, next));
  };
  next();
  return () => {
    hasLeft = true;
    cancel();
  };
};

/** Makes the append that an earlier attempt planned; `undefined` if it failed, so that the request is decided again. */
const makeAgain = async (
  { store, lanes, world }: EventLog,
  { data }: EventOf<'RequestPlanned'>,
): Promise<MadeAppend | undefined> => {
  const append = storedAppend(data.append);
  if (append === undefined) return undefined;
  try {
    const appended = await lanes.enqueue(append.stream, () => appendWithRetry(store, append, { world }));
    return { events: append.events, ...appended };
  } catch (error) {
    if (error instanceof WrongExpectedRevision) return undefined;
    throw error;
  }
};

/** Parses a planned append; `undefined` if an older version stored events that this one can't read. */
const storedAppend = (stored: EventOf<'RequestPlanned'>['data']['append']): Append | undefined => {
  const events = stored.events.flatMap(({ id, metadata, ...typeAndData }) => {
    const event = DomainEvent.safeParse(typeAndData);
    return event.success ? [{ ...event.data, id, metadata }] : [];
  });
  return events.length === stored.events.length ? { ...stored, events } : undefined;
};

/**
 * The states of a request with an Idempotency-Key, and the events between them:
 *
 *   (none) ─ RequestReserved ─► reserved ─ RequestPlanned ─► planned ─ ResponseRecorded ─► done
 *
 * The key is reserved before the command reads anything. One attempt at a time is active. Each event names its attempt,
 * and an attempt that was replaced records nothing more. An attempt that records nothing for 15 s is replaced by the next
 * repetition of the request, which first makes the planned append, or finds that it failed. A rejected request releases
 * its key.
 */
type Attempt = {
  readonly tenant: string;
  readonly key: string;
  readonly bodyHash: string;
  readonly attempt: string;
};

/** Longer than a young reservation protects a name, so that a name reserved by a dead attempt can be taken over. */
const UNDER_WAY_MS = 15_000;

type NewestRequestEvent = RequestEvent | undefined;

/**
 * Begins an attempt, or takes over one that went silent; records nothing if the request has a response.
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

/** Records a heartbeat of the attempt; nothing after the attempt planned its append or was replaced. */
export const decideUnchanged = (attempt: Attempt, newest: NewestRequestEvent, nowMs: number): KeyedEvent[] =>
  newest?.type === 'RequestReserved' && hasTurn(attempt, newest)
    ? [{ type: 'RequestReserved', data: { ...attempt, at: toInstant(nowMs) } }]
    : [];

/**
 * Plans the append that the attempt is about to make.
 * @throws DomainError REQUEST_IN_PROGRESS if another attempt replaced this one
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

/** Releases the key of a rejected request; records nothing if another attempt replaced this one or responded. */
export const decideRelease = (attempt: Attempt, newest: NewestRequestEvent): KeyedEvent[] => {
  const { tenant, key } = attempt;
  return hasTurn(attempt, newest) ? [{ type: 'RequestReleased', data: { tenant, key } }] : [];
};

/**
 * Records the response; nothing if another attempt already did.
 * @throws DomainError REQUEST_IN_PROGRESS if another attempt replaced this one
 */
export const decideResponse = (
  { response, ...attempt }: Attempt & { readonly response: RecordedResponse },
  newest: NewestRequestEvent,
): KeyedEvent[] => {
  if (newest?.type === 'ResponseRecorded') return [];
  if (!hasTurn(attempt, newest)) throw requestInProgress();
  const { tenant, key, bodyHash } = attempt;
  return [{ type: 'ResponseRecorded', data: { tenant, key, bodyHash, response } }];
};

const hasTurn = ({ attempt }: Attempt, newest: NewestRequestEvent): boolean =>
  (newest?.type === 'RequestReserved' || newest?.type === 'RequestPlanned') && newest.data.attempt === attempt;

const checkSame = (request: { readonly bodyHash: string }, earlier: { readonly bodyHash: string }): void => {
  if (earlier.bodyHash === request.bodyHash) return;
  throw new DomainError(
    'IDEMPOTENCY_KEY_REUSED',
    'this Idempotency-Key was used for a different request: choose a new key',
  );
};

const requestInProgress = (): DomainError =>
  new DomainError(
    'REQUEST_IN_PROGRESS',
    'a request with this Idempotency-Key is in progress: repeat it in a few seconds',
  );
