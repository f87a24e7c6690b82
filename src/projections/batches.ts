import { StreamParked } from '../event-store/errors.ts';
import {
  comparePositions,
  type DeliveredAs,
  type EventStore,
  LOG_START,
  type Position,
  type ReadTextEvent,
  type RecordedEvent,
  type SubscriptionItem,
  type TextEvent,
} from '../event-store/port.ts';
import { earlier } from './checkpoints.ts';
import type { Gathering } from './gathering.ts';
import type { ProjectedEvents } from './projection.ts';
import type { Generation } from './registry.ts';

type AnyForm = RecordedEvent | TextEvent;

export type EventBatch<E = RecordedEvent> = {
  readonly events: readonly E[];
  /** Streams with an unreadable event. */
  readonly parked: readonly StreamParked[];
  /** The position up to which the log was read. */
  readonly position: Position;
  /** True if the end of the log was reached. */
  readonly caughtUp: boolean;
};

/** A batch that grows until it is delivered. */
type PendingBatch<E> = {
  readonly events: E[];
  readonly parked: StreamParked[];
  position: Position;
  caughtUp: boolean;
  /** Executions that its events begin and do not end. */
  readonly begun: Set<number>;
  /** Whether it has requests for executions. */
  hasRequests: boolean;
  /** Whether it has anything other than these, what follows from them, and positions. */
  hasOthers: boolean;
};

export type BatchOptions = {
  /** The maximum number of events in a batch. */
  readonly maxEvents: number;
  /** If absent, no batch waits. */
  readonly gathering?: Gathering | undefined;
  readonly signal: AbortSignal;
};

/**
 * Groups the items of a subscription into batches. While a batch is being written, further items are added to the next
 * one: small batches when little happens, large ones under load. Up to one batch and one item are read ahead. Events that
 * a resumed subscription delivers again are dropped.
 */
export async function* eventBatches<E extends AnyForm>(
  subscribe: (signal: AbortSignal) => AsyncIterable<SubscriptionItem<E>>,
  { maxEvents, gathering, signal }: BatchOptions,
): AsyncGenerator<EventBatch<E>, void, undefined> {
  const leaving = new AbortController();
  let pending: PendingBatch<E> | undefined;
  let end: { readonly error?: unknown } | undefined;
  let changed = Promise.withResolvers<void>();
  const announce = (): void => {
    changed.resolve();
    changed = Promise.withResolvers();
  };
  const until = async (holds: () => boolean): Promise<void> => {
    while (end === undefined && !holds()) await changed.promise;
  };
  const endWith = (how: { readonly error?: unknown }): void => {
    end ??= how;
    announce();
  };
  const hasRoom = (): boolean => pending === undefined || pending.events.length < maxEvents;
  const waitMs = (): number => (end || !pending || !gathering ? 0 : gathering.waitMs(pending));

  const read = async (): Promise<void> => {
    let seen: Position = LOG_START;
    for await (const item of subscribe(AbortSignal.any([signal, leaving.signal]))) {
      for (let rest: SubscriptionItem<E> | undefined = unseen(item, seen); rest; ) {
        await until(hasRoom);
        if (leaving.signal.aborted) return;
        pending ??= emptyBatch();
        rest = addTo(pending, rest, maxEvents);
        seen = pending.position;
        announce();
      }
    }
  };
  const gather = async (): Promise<void> => {
    let waitedMs = 0;
    for (let ms = waitMs(); ms > waitedMs; ms = waitMs()) {
      const isOver = new AbortController();
      const before = ms;
      await Promise.race([gathering?.sleep(ms, isOver.signal), until(() => waitMs() !== before)]);
      isOver.abort();
      waitedMs = ms;
    }
  };

  const take = (): PendingBatch<E> | undefined => {
    if (pending === undefined && end !== undefined && 'error' in end) throw end.error;
    const batch = pending;
    pending = undefined;
    announce();
    return batch;
  };

  const reading = read().then(
    () => endWith({}),
    (error) => endWith({ error }),
  );
  try {
    while (true) {
      await until(() => pending !== undefined);
      await gather();
      const batch = take();
      if (batch === undefined) return;
      yield batch;
    }
  } finally {
    leaving.abort();
    endWith({});
    await reading;
  }
}

const emptyBatch = <E>(): PendingBatch<E> => ({
  events: [],
  parked: [],
  position: LOG_START,
  caughtUp: false,
  begun: new Set(),
  hasRequests: false,
  hasOthers: false,
});

/** Adds an item. Returns the part that does not fit. */
const addTo = <E extends AnyForm>(
  batch: PendingBatch<E>,
  item: SubscriptionItem<E>,
  maxEvents: number,
): SubscriptionItem<E> | undefined => {
  batch.caughtUp = item.kind === 'caughtUp';
  if (item.kind !== 'events') {
    if (item.kind === 'parked') {
      batch.parked.push(item.parked);
      batch.hasOthers = true;
    }
    batch.position = item.position;
    return undefined;
  }
  const room = maxEvents - batch.events.length;
  const fitting = item.events.length > room ? item.events.slice(0, room) : item.events;
  for (const event of fitting) {
    batch.events.push(event);
    noteExecution(batch, event);
    batch.position = event.position;
  }
  return fitting === item.events ? undefined : { kind: 'events', events: item.events.slice(room) };
};

const noteExecution = (batch: PendingBatch<unknown>, event: AnyForm): void => {
  switch (event.type) {
    case 'ExecutionStarted':
      batch.begun.add(event.data.executionId);
      break;
    case 'ExecutionSucceeded':
    case 'ExecutionFailed':
    case 'ExecutionAttemptFailed':
      batch.begun.delete(event.data.executionId);
      break;
    case 'ExecutionRequested':
      batch.hasRequests = true;
      break;
    // Takes hear of work before the read model shows it, and no caller waits for a 202 or a heartbeat.
    case 'WorkOffered':
    case 'WorkTaken':
    case 'CallAccepted':
    case 'HeartbeatReceived':
      break;
    default:
      batch.hasOthers = true;
  }
};

/** Removes everything at or before this position from an item. */
const unseen = <E extends AnyForm>(item: SubscriptionItem<E>, seen: Position): SubscriptionItem<E> => {
  if (item.kind === 'parked' && comparePositions(item.position, seen) <= 0)
    return { kind: 'checkpoint', position: seen };
  if (item.kind !== 'events') return comparePositions(item.position, seen) < 0 ? { ...item, position: seen } : item;
  const events = after(seen, item.events);
  return events.length > 0 ? { kind: 'events', events } : { kind: 'checkpoint', position: seen };
};

/** A batch for generations that share a subscription. */
export type FeedBatch = ProjectedEvents & {
  readonly parked: readonly StreamParked[];
  readonly position: Position;
  readonly caughtUp: boolean;
  /** How many events were read. */
  readonly count: number;
};

/** Reads the log once for all of these generations, from the checkpoint of the one that is furthest behind. */
export async function* feedBatches(
  generations: readonly Generation[],
  store: EventStore,
  options: BatchOptions,
): AsyncGenerator<FeedBatch, void, undefined> {
  const projections = generations.map(({ projection }) => projection);
  const streamPrefixes = [...new Set(projections.flatMap((projection) => projection.streamPrefixes))];
  const checkpoint = generations.map(({ checkpoint }) => checkpoint.position).reduce(earlier);
  const shared = { after: checkpoint, streamPrefixes, decodedAtOnce: options.maxEvents };
  const batchesAs = <A extends Exclude<DeliveredAs, 'undecoded'>>(as: A) =>
    eventBatches((signal) => store.subscribe({ ...shared, as, signal }), options);
  if (projections.every(({ readsTexts }) => readsTexts)) {
    for await (const { events: texts, parked, position, caughtUp } of batchesAs('texts')) {
      yield { events: [], texts, parked, position, caughtUp, count: texts.length };
    }
  } else if (projections.some(({ readsTexts }) => readsTexts)) {
    for await (const batch of batchesAs('both')) yield takenApart(batch);
  } else {
    const as = projections.every(({ parksNewerEvents }) => parksNewerEvents) ? 'parking' : 'events';
    for await (const { events, parked, position, caughtUp } of batchesAs(as)) {
      yield { events, texts: [], parked, position, caughtUp, count: events.length };
    }
  }
}

const takenApart = ({ events: texts, position, caughtUp }: EventBatch<ReadTextEvent>): FeedBatch => {
  const events: RecordedEvent[] = [];
  const parked: StreamParked[] = [];
  for (const { read } of texts) {
    if (read instanceof StreamParked) parked.push(read);
    else if (read !== undefined) events.push(read);
  }
  return { events, parked, texts, position, caughtUp, count: texts.length };
};

/** The events of a batch that are after this position. */
export const eventsAfter = (position: Position | undefined, { events, texts }: ProjectedEvents): ProjectedEvents => ({
  events: position === undefined ? events : after(position, events),
  texts: position === undefined ? texts : after(position, texts),
});

const after = <E extends AnyForm>(position: Position, events: readonly E[]): readonly E[] => {
  const [first] = events;
  if (first === undefined || comparePositions(first.position, position) > 0) return events;
  return events.filter((event) => comparePositions(event.position, position) > 0);
};
