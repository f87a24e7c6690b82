import type { RecordedEvent } from '../event-store/port.ts';
import { type CloudEvent, type Message, toMessages } from '../feed/cloud-event.ts';
import type { PublishedPosition } from './position-record.ts';

/** The messages of one transaction. */
export type MessageBatch = {
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

type BatchOptions = {
  readonly maxEvents: number;
  readonly topicPrefix: string;
  /** Converts an event into its message; undefined if it is not published. */
  readonly cloudEventOf: (event: RecordedEvent) => CloudEvent | undefined;
};

/**
 * Splits events, given in log order, into batches. The last batch moves the position to the last event, published or
 * not.
 */
export function* toMessageBatches(
  events: readonly RecordedEvent[],
  { maxEvents, topicPrefix, cloudEventOf }: BatchOptions,
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
      yield batchOf({ messages, eventCount, last });
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
  if (last !== undefined) yield batchOf({ messages, eventCount, last });
}

const batchOf = ({
  messages,
  eventCount,
  last,
}: {
  messages: Message[];
  eventCount: number;
  last: RecordedEvent;
}): MessageBatch => ({
  messages,
  events: eventCount,
  reached: { position: last.position, eventId: last.id },
  recordedMs: last.recordedAt,
});

/** Returns the size of one message of an event: its messages have the same value and go to different topics. */
const bytesOf = (messages: readonly Message[]): number =>
  messages.length === 0 ? 0 : HEADER_BYTES + Buffer.byteLength(messages[0]?.value ?? '');
