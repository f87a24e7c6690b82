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
  /** Streams of which an event could not be read. */
  readonly parked: readonly StreamParked[];
  /** Everything up to here was considered. */
  readonly position: Position;
  /** Nothing more was in the log a moment ago. */
  readonly caughtUp: boolean;
};

type EventBatchOptions = {
  subscribe(signal: AbortSignal): AsyncIterable<SubscriptionItem>;
  /** Events of a batch at the most. */
  readonly maxEvents: number;
  /**
   * Resolves when a batch without events has waited long enough for the next one to take its place. Without it none
   * waits.
   */
  readonly pause?: () => Promise<void>;
  readonly signal: AbortSignal;
};

/**
 * Takes items as they come while the last batch is being written, and hands out at once all that has gathered: small
 * batches when little happens, large ones under load. One that only moves the position waits for a moment, since what
 * it says the next one says too. Ahead it holds a batch and one item. What a mended subscription brings again is
 * dropped.
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
    // A subscription that nobody pulls from is not told of the signal: it would stay open.
    await items.return?.();
  }
}

/** The item without what is at or before this position. */
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

/** Only the position moves. */
const isQuiet = ({ events, parked }: EventBatch): boolean => events.length + parked.length === 0;

/** Of several marks in a row only the last matters. */
const gather = (gathered: SubscriptionItem[], item: SubscriptionItem): void => {
  const last = gathered.at(-1);
  const isMark = last?.kind === 'checkpoint' || last?.kind === 'caughtUp';
  if (item.kind !== 'events' && isMark) gathered.pop();
  gathered.push(item);
};

/** Removes what the batch takes; of an item that is too large for it, the rest stays. */
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
