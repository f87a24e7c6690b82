import { isRunEvent } from '../domain/events/families.ts';
import type { StreamParked } from '../event-store/errors.ts';
import {
  comparePositions,
  LOG_START,
  type Position,
  type RecordedEvent,
  type SubscriptionItem,
  type TextEvent,
} from '../event-store/port.ts';

export type EventBatch<E = RecordedEvent> = {
  readonly events: readonly E[];
  /** Streams that hold an event that could not be read. */
  readonly parked: readonly StreamParked[];
  /** The position up to which the log was read. */
  readonly position: Position;
  /** True if the end of the log was reached. */
  readonly caughtUp: boolean;
};

type AnyForm = RecordedEvent | TextEvent;

type EventBatchOptions<E> = {
  subscribe(signal: AbortSignal): AsyncIterable<SubscriptionItem<E>>;
  /** The maximum number of events in a batch. */
  readonly maxEvents: number;
  /**
   * Returns a promise that resolves when a batch without events has waited long enough to be merged into the next one.
   * If absent, no batch waits.
   */
  readonly pause?: () => Promise<void>;
  /**
   * Returns a promise that resolves when a batch has waited long enough for the ends of the executions that it begins. If
   * absent, no batch waits.
   */
  readonly rest?: () => Promise<void>;
  readonly signal: AbortSignal;
};

/**
 * Groups the items of a subscription into batches. While a batch is being written, further items are collected, and all
 * of them form the next batch: small batches when little happens, large ones under load. A batch that only moves the
 * position waits for a moment, because the next one moves it further. One of claims and outcomes alone rests until what it
 * begins has ended, because an execution that begins and ends in one batch is written once. At most one batch and one item
 * are read ahead. Events that a resumed subscription delivers again are dropped.
 */
export async function* eventBatches<E extends AnyForm>({
  subscribe,
  maxEvents,
  pause,
  rest,
  signal,
}: EventBatchOptions<E>): AsyncGenerator<EventBatch<E>, void, undefined> {
  const leaving = new AbortController();
  const queue = createItemQueue<E>(maxEvents);
  const fill = async (): Promise<void> => {
    for await (const item of subscribe(AbortSignal.any([signal, leaving.signal]))) {
      queue.put(item);
      await queue.room();
      if (leaving.signal.aborted) return;
    }
  };
  const filling = fill().then(
    () => queue.end(),
    (error) => queue.end({ error }),
  );
  try {
    for (let isFirst = true; ; isFirst = false) {
      await queue.some();
      if (pause && !isFirst && queue.isQuiet()) await Promise.race([pause(), queue.more()]);
      if (rest && !isFirst && queue.mayRest()) await Promise.race([rest(), queue.rested()]);
      const batch = queue.take();
      if (batch === undefined) return;
      yield batch;
    }
  } finally {
    leaving.abort();
    queue.end();
    await filling;
  }
}

/** The items that wait to become a batch. */
const createItemQueue = <E extends AnyForm>(maxEvents: number) => {
  const gathered: SubscriptionItem<E>[] = [];
  const begun = createBegunExecutions();
  let seen: Position = LOG_START;
  let count = 0;
  let end: { readonly error?: unknown } | undefined;
  let changed = Promise.withResolvers<void>();
  const wake = (): void => {
    changed.resolve();
    changed = Promise.withResolvers();
  };
  const until = async (holds: () => boolean): Promise<void> => {
    while (end === undefined && !holds()) await changed.promise;
  };
  const isQuiet = (): boolean => end === undefined && gathered.every(isMark);
  const mayRest = (): boolean => end === undefined && count < maxEvents / 2 && begun.mayEndSoon();
  return {
    /** Adds an item; of several position marks in a row only the last one is kept. */
    put: (given: SubscriptionItem<E>): void => {
      const item = unseen(given, seen);
      seen = lastOf(item);
      const last = gathered.at(-1);
      if (item.kind === 'events') count += item.events.length;
      else if (last !== undefined && isMark(last)) gathered.pop();
      gathered.push(item);
      begun.see(item);
      wake();
    },
    /** Nothing more comes. */
    end: (how: { readonly error?: unknown } = {}): void => {
      end ??= how;
      wake();
    },
    /** These resolve once there is room for another item, once one waits, and once more than a mark waits. */
    room: () => until(() => count < maxEvents),
    some: () => until(() => gathered.length > 0),
    more: () => until(() => !isQuiet()),
    /** Resolves once what waits is no longer to rest. */
    rested: () => until(() => !mayRest()),
    /** Whether what waits only moves the position. */
    isQuiet,
    /** Whether what waits are claims and outcomes, far from a full batch, and some of what they begin has not ended. */
    mayRest,
    /** Takes the next batch; undefined at the end. @throws the error that the items ended with */
    take: (): EventBatch<E> | undefined => {
      const batch = take(gathered, maxEvents);
      if (batch === undefined && end !== undefined && 'error' in end) throw end.error;
      count -= batch?.events.length ?? 0;
      begun.clear();
      for (const item of gathered) begun.see(item);
      wake();
      return batch;
    },
  };
};

/** The executions that items begin and do not end. */
const createBegunExecutions = () => {
  const open = new Set<number>();
  let hasOthers = false;
  const see = (event: AnyForm): void => {
    if (event.type === 'texts' || !isRunEvent(event)) hasOthers = true;
    else if (event.type === 'ExecutionStarted') open.add(event.data.executionId);
    else if (event.type === 'ExecutionSucceeded' || event.type === 'ExecutionFailed')
      open.delete(event.data.executionId);
    else hasOthers = true;
  };
  return {
    see: (item: SubscriptionItem<AnyForm>): void => {
      if (item.kind === 'events') item.events.forEach(see);
      else if (item.kind === 'parked') hasOthers = true;
    },
    clear: (): void => {
      open.clear();
      hasOthers = false;
    },
    /** Whether there are any, and no events but claims and outcomes: somebody may wait to read what others say. */
    mayEndSoon: (): boolean => open.size > 0 && !hasOthers,
  };
};

const isMark = ({ kind }: SubscriptionItem<unknown>): boolean => kind === 'checkpoint' || kind === 'caughtUp';

/** Removes the events at or before this position from an item. */
const unseen = <E extends AnyForm>(item: SubscriptionItem<E>, seen: Position): SubscriptionItem<E> => {
  if (item.kind === 'parked' && comparePositions(item.position, seen) <= 0)
    return { kind: 'checkpoint', position: seen };
  if (item.kind !== 'events') return comparePositions(item.position, seen) < 0 ? { ...item, position: seen } : item;
  const [first] = item.events;
  if (first && comparePositions(first.position, seen) > 0) return item;
  const events = item.events.filter(({ position }) => comparePositions(position, seen) > 0);
  return events.length > 0 ? { kind: 'events', events } : { kind: 'checkpoint', position: seen };
};

const lastOf = (item: SubscriptionItem<AnyForm>): Position =>
  item.kind === 'events' ? (item.events.at(-1)?.position ?? LOG_START) : item.position;

/** Takes the next batch out of the collected items. The rest of an item that is too large stays. */
const take = <E extends AnyForm>(gathered: SubscriptionItem<E>[], maxEvents: number): EventBatch<E> | undefined => {
  if (gathered.length === 0) return undefined;
  const events: E[] = [];
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
