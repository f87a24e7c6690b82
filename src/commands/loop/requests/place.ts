import type { RequestPlace } from '../../../domain/events/index.ts';
import { toInstant } from '../../../domain/values.ts';
import { NO_STREAM, type Revision } from '../../../event-store/port.ts';
import { digitsOf } from './key.ts';

/**
 * Requests are found in their stream by an index that the events carry: a tree over the digits of their keys, whose
 * root is the stream's last event. For each level, an event names the newest event of each other digit at that level. A
 * search starts at the last event and follows the index to events that share more digits with the key. It reads about
 * log16(n) events among n keys.
 */
export type PlacedEvent = {
  readonly key: string;
  readonly revision: Revision;
  readonly place: RequestPlace;
};

/** An event older than this, in milliseconds, no longer counts. */
export const KEPT_MS = 24 * 3_600_000;

/** The state of a search for a key. */
export type Trail = {
  /** The levels of the index that the key's next event will carry, as far as the search has come. */
  readonly index: RequestPlace['index'];
  /** The event to look at next: `found` where it is of the key itself, `revision` where it has to be read. */
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

/** An event's place, and the revision before which its stream is to be cut once it is appended. */
export type NextPlace = { readonly place: RequestPlace; readonly cutBefore?: Revision };

type PlaceInput = {
  readonly index: RequestPlace['index'];
  /** The stream's last event; undefined for a stream without any. */
  readonly last: PlacedEvent | undefined;
  readonly nowMs: number;
};

/**
 * Computes the place of the stream's next event. Events are cut a span at a time, once all events of the span are too
 * old to count, so a stream keeps all events of the last day and none older than two days.
 */
export const nextPlace = ({ index, last, nowMs }: PlaceInput): NextPlace => {
  const span = last?.place.span ?? { firstRevision: NO_STREAM + 1, since: toInstant(nowMs) };
  if (last === undefined || nowMs - Date.parse(span.since) < KEPT_MS) return { place: { index, span } };
  return {
    place: { index, span: { firstRevision: last.revision + 1, since: toInstant(nowMs) } },
    ...(span.firstRevision > 0 ? { cutBefore: span.firstRevision } : {}),
  };
};
