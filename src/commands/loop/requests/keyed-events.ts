import { createHash } from 'node:crypto';
import { defined } from '../../../domain/defined.ts';
import {
  type EventOf,
  isRequestEvent,
  type JobShown,
  RequestEvent,
  type RequestPlace,
} from '../../../domain/events/index.ts';
import { type Tenant, toInstant } from '../../../domain/values.ts';
import {
  comparePositions,
  NO_STREAM,
  type Position,
  type RecordedEvent,
  type Revision,
} from '../../../event-store/port.ts';
import { lastEventOf } from '../../../event-store/read-log.ts';
import type { CommandContext } from '../../command.ts';
import { type EventLog, handleCommand, type LoadedState } from '../handle-command.ts';

/** The response to a request, as the API sends it. */
export type KeyedResponse = {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Sent as JSON; absent without a body. */
  readonly body?: unknown;
  /** Position of the request's last event: readers wait until the read models reach it. */
  readonly position?: Position | undefined;
  /** The job that the body shows. A stored response has this in place of the body, which is rebuilt from it. */
  readonly job?: JobShown | undefined;
};

export type RecordedResponse = EventOf<'ResponseRecorded'>['data']['response'];
type KeptBody = RecordedResponse['body'];
/** The request of a response. */
type ResponseOwner = { readonly key: string; readonly context: CommandContext };

/** Maximum of a body's JSON text, in UTF-16 code units: each takes up to 3 bytes, and an event has room for 1 MiB. */
const MAX_PART = 200_000;

/** Converts a response for the log; first records a body that is too large for one event in parts. */
export const storeResponse = async (
  log: EventLog,
  owner: ResponseOwner,
  response: KeyedResponse,
): Promise<RecordedResponse> => ({
  status: response.status,
  headers: { ...response.headers },
  ...defined({ position: response.position }),
  body: await keepBody(log, owner, response),
});

const keepBody = async (
  log: EventLog,
  { key, context }: ResponseOwner,
  { body, job }: KeyedResponse,
): Promise<KeptBody> => {
  if (job !== undefined) return { storedAs: 'job', job };
  if (body === undefined) return { storedAs: 'none' };
  const text = JSON.stringify(body);
  if (text.length <= MAX_PART) return { storedAs: 'whole', json: JSON.parse(text) };
  const parts = partsOf(text);
  for (const [index, part] of parts.entries()) {
    const { tenant } = context;
    const data = { tenant, key: partKey(key, index), text: part };
    await createKeyedRecorder(log, data.key, context).record(() => [{ type: 'ResponsePart', data }]);
  }
  return { storedAs: 'parts', count: parts.length };
};

/** No part ends within a character. */
const partsOf = (text: string): string[] => {
  const parts: string[] = [];
  for (let from = 0; from < text.length; ) {
    const to = from + MAX_PART;
    const until = to - (isHighSurrogate(text.charCodeAt(to - 1)) ? 1 : 0);
    parts.push(text.slice(from, until));
    from = until;
  }
  return parts;
};

const isHighSurrogate = (code: number): boolean => code >= 0xd800 && code <= 0xdbff;

/** Restores a stored response, except for the body of one that shows a job. */
export const restoreResponse = async (
  log: EventLog,
  { status, headers, position, body: kept }: RecordedResponse,
  { key, at }: { readonly key: string; readonly at: NewestEvent['position'] },
): Promise<KeyedResponse> => {
  // In a copied log the event has another position, but still one before the request's response.
  const reached = position !== undefined && at !== undefined && comparePositions(at, position) < 0 ? at : position;
  return { status, headers, position: reached, ...(await restoreBody(log, kept, key)) };
};

const restoreBody = async (
  log: EventLog,
  kept: KeptBody,
  key: string,
): Promise<Pick<KeyedResponse, 'body' | 'job'>> => {
  switch (kept.storedAs) {
    case 'none':
      return {};
    case 'whole':
      return { body: kept.json };
    case 'job':
      return { job: kept.job };
    case 'parts': {
      const parts = await Promise.all(Array.from({ length: kept.count }, (_, index) => findPart(log, key, index)));
      return { body: JSON.parse(parts.join('')) };
    }
  }
};

const findPart = async (log: EventLog, key: string, index: number): Promise<string> => {
  const part = await findKeyed(log, partKey(key, index));
  if (part?.type === 'ResponsePart') return part.data.text;
  throw new Error(`part ${index} of the response to ${key} is no longer stored`);
};

/** An event of a key without its place in the index. */
export type KeyedEvent = WithoutPlace<RequestEvent>;
type WithoutPlace<E> = E extends RequestEvent
  ? { readonly type: E['type']; readonly data: Omit<E['data'], 'place'> }
  : never;

export type NewestEvent = { readonly event: RequestEvent; readonly position: Position | undefined };

type KeyLookup = {
  /** The key's newest event, unless it is too old. */
  readonly newest: NewestEvent | undefined;
  readonly index: Trail['index'];
  /** The stream's last event. */
  readonly last: PlacedEvent | undefined;
};

/** Finds the newest event of a key, by reading the stream's last event and one per step of the index. */
const findKeyed = async (log: EventLog, key: string): Promise<RequestEvent | undefined> =>
  (await find(log, key)).state.newest?.event;

/** Records events of one key, each based on the key's newest event. */
type KeyedRecorder = {
  /** @returns the newest event of the key afterwards: the recorded one, or the previous one */
  record(decide: (newest: RequestEvent | undefined) => readonly KeyedEvent[]): Promise<NewestEvent | undefined>;
};

export const createKeyedRecorder = (log: EventLog, key: string, context: CommandContext): KeyedRecorder => {
  const stream = requestStream(key);
  /** The stream after this recorder's last append: most likely still current, so it is tried first. */
  let left: LoadedState<KeyLookup> | undefined;

  const load = async (): Promise<LoadedState<KeyLookup>> => {
    const likely = left;
    left = undefined;
    return likely ?? find(log, key);
  };

  return {
    record: async (decide) => {
      let cutBefore: Revision | undefined;
      const { state, events, revision, position } = await handleCommand(log, {
        stream,
        context,
        load,
        decide: ({ newest, index, last }): readonly RequestEvent[] => {
          const next = nextPlace({ index, last, nowMs: log.world.clock.now() });
          ({ cutBefore } = next);
          return decide(newest?.event).map(({ type, data }) =>
            RequestEvent.parse({ type, data: { ...data, place: next.place } }),
          );
        },
      });
      const [event] = events;
      if (event === undefined) return state.newest;
      const { place } = event.data;
      const newest = { event, position };
      left = { state: { newest, index: place.index, last: { key, revision, place } }, revision };
      if (cutBefore !== undefined) await cut(log, stream, cutBefore);
      return newest;
    },
  };
};

const find = async ({ store, world }: EventLog, key: string): Promise<LoadedState<KeyLookup>> => {
  const stream = requestStream(key);
  const oldestMs = world.clock.now() - KEPT_MS;
  const last = await lastEventOf(store, stream);
  const revision = last?.revision ?? NO_STREAM;
  const root = placedIn(last);
  let index: Trail['index'] = [];
  for (let event = last; event !== undefined && isRequestEvent(event); ) {
    const trail: Trail = follow(index, { ...event.data, revision: event.revision }, key);
    ({ index } = trail);
    // The index leads only to older events, so none after one that is too old counts.
    if (trail.next.kind === 'absent' || event.recordedAt < oldestMs) break;
    if (trail.next.kind === 'found') {
      return { state: { newest: { event, position: event.position }, index, last: root }, revision };
    }
    event = await eventAt(store, stream, trail.next.revision);
  }
  return { state: { newest: undefined, index, last: root }, revision };
};

const placedIn = (event: RecordedEvent | undefined): PlacedEvent | undefined =>
  event !== undefined && isRequestEvent(event) ? { ...event.data, revision: event.revision } : undefined;

/** `undefined` if it was cut. */
const eventAt = async (
  store: EventLog['store'],
  stream: string,
  revision: Revision,
): Promise<RecordedEvent | undefined> => {
  for await (const event of store.readStream(stream, { from: revision, limit: 1 })) {
    return event.revision === revision ? event : undefined;
  }
  return undefined;
};

/** Cuts old events. If that fails, they are cut with the next span. */
const cut = async ({ store, world }: EventLog, stream: string, before: Revision): Promise<void> => {
  try {
    await store.truncateBefore(stream, before);
  } catch (error) {
    world.log.warn({ stream, error }, 'old requests could not be deleted from the log: retrying in a day');
  }
};

/** Hexadecimal digits of a key that name its stream: 4,096 streams, independent of the number of keys. */
const STREAM_DIGITS = 3;

/** Equal keys of two tenants are different keys; the caller's text is not stored. */
export const requestKey = (tenant: Tenant, asGiven: string): string => hash([tenant, asGiven]);

/** The key of a part of a large response. */
const partKey = (key: string, part: number): string => hash([key, part]);

export const requestStream = (key: string): string => `requests-${key.slice(0, STREAM_DIGITS)}`;

/** The digits of a key that differ within its stream. */
const digitsOf = (key: string): string => key.slice(STREAM_DIGITS);

const hash = (parts: readonly (string | number)[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex');

/**
 * Requests are found in their stream by an index that the events carry: a tree over the digits of their keys, with the
 * stream's last event as root. For each level, an event names the newest event of each other digit at that level. A search
 * starts at the last event and follows the index to events that share more digits with the key. It reads about log16(n)
 * events among n keys.
 */
export type PlacedEvent = {
  readonly key: string;
  readonly revision: Revision;
  readonly place: RequestPlace;
};

/** Older events, in milliseconds, no longer count. */
const KEPT_MS = 24 * 3_600_000;

/** The state of a search for a key. */
export type Trail = {
  /** The levels of the index that the key's next event will carry, as far as searched. */
  readonly index: RequestPlace['index'];
  /** The next event to check: `found` if it belongs to the key itself, `revision` if it has to be read. */
  readonly next:
    | { readonly kind: 'found' }
    | { readonly kind: 'read'; readonly revision: Revision }
    | { readonly kind: 'absent' };
};

/** Advances a search by one event, which shares at least as many digits with the key as the index has levels. */
export const follow = (index: RequestPlace['index'], event: PlacedEvent, key: string): Trail => {
  const passed = index.length;
  if (event.key === key) return { index: [...index, ...event.place.index.slice(passed)], next: { kind: 'found' } };
  const shared = sharedDigits(event.key, key);
  const digits = digitsOf(key);
  const { [digits.charAt(shared)]: towards, ...others } = event.place.index[shared] ?? {};
  const fork = { ...others, [digitsOf(event.key).charAt(shared)]: event.revision };
  return {
    index: [...index, ...levelsOf(event, passed, shared), fork],
    next: towards === undefined ? { kind: 'absent' } : { kind: 'read', revision: towards },
  };
};

/** A range of an event's levels; empty for levels that no other key shared. */
const levelsOf = ({ place }: PlacedEvent, from: number, to: number): RequestPlace['index'] =>
  Array.from({ length: to - from }, (_, level) => place.index[from + level] ?? {});

const sharedDigits = (one: string, other: string): number => {
  const [a, b] = [digitsOf(one), digitsOf(other)];
  let shared = 0;
  while (shared < a.length && a.charAt(shared) === b.charAt(shared)) shared++;
  return shared;
};

/** An event's place, and the revision before which to cut its stream after the append. */
type NextPlace = { readonly place: RequestPlace; readonly cutBefore?: Revision };

type PlaceInput = {
  readonly index: RequestPlace['index'];
  /** The stream's last event; `undefined` for an empty stream. */
  readonly last: PlacedEvent | undefined;
  readonly nowMs: number;
};

/**
 * Computes the place of the stream's next event. Events are cut a span at a time, when all events of the span are too old to
 * count, so a stream keeps all events of the last day and none older than two days.
 */
export const nextPlace = ({ index, last, nowMs }: PlaceInput): NextPlace => {
  const span = last?.place.span ?? { firstRevision: NO_STREAM + 1, since: toInstant(nowMs) };
  if (last === undefined || nowMs - Date.parse(span.since) < KEPT_MS) return { place: { index, span } };
  return {
    place: { index, span: { firstRevision: last.revision + 1, since: toInstant(nowMs) } },
    ...(span.firstRevision > 0 ? { cutBefore: span.firstRevision } : {}),
  };
};
