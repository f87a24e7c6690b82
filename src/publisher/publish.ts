import { comparePositions, type EventStore, type Position, type RecordedEvent } from '../event-store/port.ts';
import { type CloudEvent, type Message, toMessages } from '../feed/cloud-event.ts';
import { createFeedNames, type EventNames, FEED_PREFIXES } from '../feed/topics.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { awaitWithTimeout } from '../runtime/timeout.ts';
import type { Channel } from './channel.ts';
import type { PublishedPosition } from './position-record.ts';

export type PublishLogOptions = {
  readonly store: EventStore;
  readonly world: Runtime;
  readonly channel: Channel;
  readonly topicPrefix: string;
  readonly from: PublishedPosition;
  /** Publishing ends at this position; if absent, when the signal aborts. */
  readonly until?: Position;
  readonly cloudEventOf: (event: RecordedEvent, names: EventNames) => CloudEvent | undefined;
  readonly progress: PublishProgress;
  /** Whether other parts of this process have much urgent work. */
  readonly hasUrgentWork: () => boolean;
  readonly signal: AbortSignal;
};

export type PublishProgress = {
  /** Called after each commit. Every event recorded until `recordedMs` is published. */
  published(batch: { readonly events: number; readonly messages: number; readonly recordedMs: number }): void;
  /** Called when nothing is left to publish. */
  caughtUp(): void;
  /** Called when every event up to this position is published or needs no publishing. */
  reached(position: Position): void;
};

const MAX_EVENTS = 500;
/** An idle publisher commits its position this often, which shows that it is alive and keeps other publishers away. */
const IDLE_MS = 20_000;

/**
 * Publishes the log from a position on, until the signal aborts or `until` is reached. Rejects with the first error.
 */
export const publishLog = async (options: PublishLogOptions): Promise<void> => {
  const { store, channel, topicPrefix, from, until, cloudEventOf, progress, signal } = options;
  const names = createFeedNames(store);
  let reached = from;
  const isDone = () => until !== undefined && comparePositions(reached.position, until) >= 0;
  const subscribe = (leaving: AbortSignal) =>
    store.subscribe({ after: from.position, streamPrefixes: FEED_PREFIXES, signal: leaving });
  for await (const item of withIdleMarks(subscribe, options)) {
    switch (item.kind) {
      case 'idle':
        await channel.commit([], reached);
        break;
      case 'caughtUp':
        progress.caughtUp();
        progress.reached(item.position);
        break;
      case 'checkpoint':
      case 'parked':
        if (comparePositions(item.position, reached.position) > 0) reached = { position: item.position };
        progress.reached(reached.position);
        break;
      case 'events': {
        const isNew = ({ position }: RecordedEvent) =>
          comparePositions(position, reached.position) > 0 &&
          !(until !== undefined && comparePositions(position, until) > 0);
        // The log may deliver events more than once.
        const events = item.events.filter(isNew);
        await names.learn(events);
        const named = (event: RecordedEvent) => cloudEventOf(event, names.of(event));
        for (const batch of toMessageBatches(events, named, { maxEvents: MAX_EVENTS, topicPrefix })) {
          if (batch.messages.length > 0) await channel.commit(batch.messages, batch.reached);
          reached = batch.reached;
          progress.published({ ...batch, messages: batch.messages.length });
          progress.reached(reached.position);
          if (signal.aborted) return;
          await throttle(options, batch.events >= MAX_EVENTS ? CATCH_UP_MS : LIVE_MS);
        }
        break;
      }
    }
    if (isDone()) return;
  }
};

export const LIVE_MS = 20;
/** If more events are waiting than fit in a transaction. */
export const CATCH_UP_MS = 1;
const MAX_PAUSE_MS = 100;
const CHECK_INTERVAL_MS = 50;
const MAX_YIELD_MS = 2_000;

/**
 * Pauses between two transactions, so that events accumulate and share the fixed cost of a transaction: at most 50
 * transactions per second. A late timer shows that the thread is busy and extends the pause by its delay. While other parts
 * have urgent work, the pause lasts up to 2 s.
 */
export const throttle = async (
  { world: { clock, timers }, hasUrgentWork, signal }: PublishLogOptions,
  pauseMs: number,
): Promise<void> => {
  const beganMs = clock.monotonic();
  await timers.sleep(pauseMs, signal);
  const lateMs = clock.monotonic() - beganMs - pauseMs;
  if (lateMs > pauseMs) await timers.sleep(Math.min(lateMs, MAX_PAUSE_MS), signal);
  while (hasUrgentWork() && !signal.aborted && clock.monotonic() - beganMs < MAX_YIELD_MS) {
    await timers.sleep(CHECK_INTERVAL_MS, signal);
  }
};

/** Yields the items of a subscription, and a mark of kind `idle` after each `IDLE_MS` without an item. */
export async function* withIdleMarks<T>(
  subscribe: (signal: AbortSignal) => AsyncIterable<T>,
  { world, signal }: PublishLogOptions,
): AsyncGenerator<T | { readonly kind: 'idle' }> {
  // A waiting subscription ends only when the signal aborts.
  const leaving = new AbortController();
  const items = subscribe(AbortSignal.any([signal, leaving.signal]))[Symbol.asyncIterator]();
  try {
    let next = items.next();
    while (!signal.aborted) {
      const result = await awaitWithTimeout(world.timers, IDLE_MS, next);
      if (result === undefined) {
        yield { kind: 'idle' };
        continue;
      }
      if (result.done) return;
      yield result.value;
      next = items.next();
    }
  } finally {
    leaving.abort();
    await items.return?.();
  }
}

/** The messages of one transaction. */
type MessageBatch = {
  readonly messages: readonly Message[];
  readonly reached: PublishedPosition;
  readonly events: number;
  /** When its last event was recorded, epoch ms. */
  readonly recordedMs: number;
};

/**
 * The maximum size of a batch. Brokers accept 1 MiB per partition and request, and in the topic of all events a whole
 * batch may go to one partition. The limit on the size of events makes sure that a single event always fits.
 */
const MAX_BYTES = 900 * 1_024;
const HEADER_BYTES = 700;

/**
 * Splits events, given in log order, into batches. The last batch moves the position to the last event, published or
 * not.
 * @param cloudEventOf converts an event into its message; `undefined` if it is not published
 */
export function* toMessageBatches(
  events: readonly RecordedEvent[],
  cloudEventOf: (event: RecordedEvent) => CloudEvent | undefined,
  { maxEvents, topicPrefix }: { readonly maxEvents: number; readonly topicPrefix: string },
): Generator<MessageBatch> {
  let messages: Message[] = [];
  let eventCount = 0;
  let bytes = 0;
  let last: RecordedEvent | undefined;
  for (const event of events) {
    const cloudEvent = cloudEventOf(event);
    const eventMessages = cloudEvent === undefined ? [] : toMessages(cloudEvent, topicPrefix);
    const size = bytesOf(eventMessages);
    const isFull = eventCount > 0 && eventMessages.length > 0 && (eventCount >= maxEvents || bytes + size > MAX_BYTES);
    if (last !== undefined && isFull) {
      yield batchOf(messages, eventCount, last);
      messages = [];
      eventCount = 0;
      bytes = 0;
    }
    last = event;
    if (eventMessages.length === 0) continue;
    messages.push(...eventMessages);
    eventCount += 1;
    bytes += size;
  }
  if (last !== undefined) yield batchOf(messages, eventCount, last);
}

const batchOf = (messages: readonly Message[], events: number, last: RecordedEvent): MessageBatch => ({
  messages,
  events,
  reached: { position: last.position, eventId: last.id },
  recordedMs: last.recordedAt,
});

/** Returns the size of one message of an event: its messages have the same value and go to different topics. */
const bytesOf = (messages: readonly Message[]): number =>
  messages.length === 0 ? 0 : HEADER_BYTES + Buffer.byteLength(messages[0]?.value ?? '');
