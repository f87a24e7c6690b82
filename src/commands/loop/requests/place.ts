import type { RequestPlace } from '../../../domain/events/index.ts';
import { toInstant } from '../../../domain/values.ts';
import { NO_STREAM, type Revision } from '../../../event-store/port.ts';
import { digitsOf } from './key.ts';

/**
 * Requests are found in their stream by an index that the events carry. Each event has a place in a tree of the digits
 * of its key, as the tree is right after it: the stream's last event is the root, and of each level it tells the newest
 * events of those keys that go on with another digit. So whoever looks for a key goes from the last event to one that
 * has more digits with it in common, until there is none: about a read for each factor of 16 in the number of keys.
 */
export type PlacedEvent = {
  readonly key: string;
  readonly revision: Revision;
  readonly place: RequestPlace;
};

/** How long an event counts, by its age. */
export const KEPT_MS = 24 * 3_600_000;

/** What was passed on the way from the stream's last event towards a key. */
export type Trail = {
  /** The levels that the key's own next event has, as far as they are known. */
  readonly index: RequestPlace['index'];
  /** The event to look at next: `found` where it is of the key itself, `revision` where it has to be read. */
  readonly next:
    | { readonly kind: 'found' }
    | { readonly kind: 'read'; readonly revision: Revision }
    | { readonly kind: 'absent' };
};

/** The trail gone on by one event, which has at least as many digits with the key in common as there are levels. */
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

/** Some of an event's levels; there is nothing on those where it was alone. */
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
 * The place of the event that follows the stream's last one. Events are cut a span at a time, once all of the span are
 * too old to count: a stream keeps those of two days at the most, and of the last day all.
 */
export const nextPlace = ({ index, last, nowMs }: PlaceInput): NextPlace => {
  const span = last?.place.span ?? { firstRevision: NO_STREAM + 1, since: toInstant(nowMs) };
  if (last === undefined || nowMs - Date.parse(span.since) < KEPT_MS) return { place: { index, span } };
  return {
    place: { index, span: { firstRevision: last.revision + 1, since: toInstant(nowMs) } },
    ...(span.firstRevision > 0 ? { cutBefore: span.firstRevision } : {}),
  };
};
