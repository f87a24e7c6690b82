import type { StreamParked } from '../event-store/errors.ts';
import {
  comparePositions,
  LOG_START,
  type Position,
  type RecordedEvent,
  type SubscriptionItem,
} from '../event-store/port.ts';

export type EventBatch = {
  readonly events: readonly RecordedEvent[];
  /** Streams that hold an event that could not be read. */
  readonly parked: readonly StreamParked[];
  /** The position up to which the log was read. */
  readonly position: Position;
  /** True if the end of the log was reached. */
  readonly caughtUp: boolean;
};

type EventBatchOptions = {
  subscribe(signal: AbortSignal): AsyncIterable<SubscriptionItem>;
  /** The maximum number of events in a batch. */
  readonly maxEvents: number;
  /**
   * Returns a promise that resolves when a batch without events has waited long enough to be merged into the next one.
   * If absent, no batch waits.
   */
  readonly pause?: () => Promise<void>;
  readonly signal: AbortSignal;
};

/**
 * Groups the items of a subscription into batches. While a batch is being written, further items are collected, and all
 * of them form the next batch: small batches when little happens, large ones under load. A batch that only moves the
 * position waits for a moment, because the next one moves it further. At most one batch and one item are read ahead.
 * Events that a resumed subscription delivers again are dropped.
 */
export async function* eventBatches({
  subscribe,
  maxEvents,
  pause,
  signal,
}: EventBatchOptions): AsyncGenerator<EventBatch, void, undefined> {
  const leaving = new AbortController();
  const items = subscribe(AbortSignal.any([signal, leaving.signal]))[Symbol.asyncIterator]();
  const gathered: SubscriptionItem[] = [];
  let seen: Position = LOG_START;
  let count = 0;
  let ended = false;
  let failure: { readonly error: unknown } | undefined;
  let pulling: Promise<void> | undefined;
  let arrived = (): void => {};
  let held: EventBatch | undefined;
  let pausing: { isOver: boolean } | undefined;
  let isFirst = true;

  const startPause = (begin: () => Promise<void>): void => {
    const begun = { isOver: false };
    pausing = begun;
    begin().then(() => {
      begun.isOver = true;
      if (pausing === begun) arrived();
    });
  };

  const pull = async (): Promise<void> => {
    try {
      while (!ended && count < maxEvents) {
        const { done, value } = await items.next();
        if (done) {
          ended = true;
        } else {
          const item = unseen(value, seen);
          seen = lastOf(item);
          if (item.kind === 'events') count += item.events.length;
          gather(gathered, item);
        }
        arrived();
      }
    } catch (error) {
      failure = { error };
      ended = true;
      arrived();
    }
    pulling = undefined;
  };

  try {
    while (true) {
      const waiting = new Promise<void>((resolve) => {
        arrived = resolve;
      });
      const taken = take(gathered, maxEvents);
      count -= taken?.events.length ?? 0;
      if (!ended && count < maxEvents) pulling ??= pull();
      held = taken ?? held;
      if (pause && held && isQuiet(held) && !isFirst && !ended && !pausing?.isOver) {
        if (pausing === undefined) startPause(pause);
        await waiting;
      } else if (held) {
        const batch = held;
        [held, pausing, isFirst] = [undefined, undefined, false];
        yield batch;
      } else if (failure) throw failure.error;
      else if (ended) return;
      else await waiting;
    }
  } finally {
    leaving.abort();
    await pulling;
    // Without a pending `next` the subscription does not notice the signal and would stay open.
    await items.return?.();
  }
}

/** Removes the events at or before this position from an item. */
const unseen = (item: SubscriptionItem, seen: Position): SubscriptionItem => {
  if (item.kind === 'parked' && comparePositions(item.position, seen) <= 0)
    return { kind: 'checkpoint', position: seen };
  if (item.kind !== 'events') return comparePositions(item.position, seen) < 0 ? { ...item, position: seen } : item;
  const [first] = item.events;
  if (first && comparePositions(first.position, seen) > 0) return item;
  const events = item.events.filter(({ position }) => comparePositions(position, seen) > 0);
  return events.length > 0 ? { kind: 'events', events } : { kind: 'checkpoint', position: seen };
};

const lastOf = (item: SubscriptionItem): Position =>
  item.kind === 'events' ? (item.events.at(-1)?.position ?? LOG_START) : item.position;

/** Tells whether a batch only moves the position. */
const isQuiet = ({ events, parked }: EventBatch): boolean => events.length + parked.length === 0;

/** Adds an item; of several position marks in a row only the last one is kept. */
const gather = (gathered: SubscriptionItem[], item: SubscriptionItem): void => {
  const last = gathered.at(-1);
  const isMark = last?.kind === 'checkpoint' || last?.kind === 'caughtUp';
  if (item.kind !== 'events' && isMark) gathered.pop();
  gathered.push(item);
};

/** Takes the next batch out of the collected items. The rest of an item that is too large stays. */
const take = (gathered: SubscriptionItem[], maxEvents: number): EventBatch | undefined => {
  if (gathered.length === 0) return undefined;
  const events: RecordedEvent[] = [];
  const parked: StreamParked[] = [];
  let position: Position = LOG_START;
  let caughtUp = false;
  for (let item = gathered.shift(); item; item = events.length < maxEvents ? gathered.shift() : undefined) {
    caughtUp = item.kind === 'caughtUp';
    if (item.kind !== 'events') {
      if (item.kind === 'parked') parked.push(item.parked);
      position = item.position;
      continue;
    }
    const room = maxEvents - events.length;
    for (const event of item.events.slice(0, room)) events.push(event);
    if (item.events.length > room) gathered.unshift({ kind: 'events', events: item.events.slice(room) });
    position = events.at(-1)?.position ?? position;
  }
  return { events, parked, position, caughtUp };
};
