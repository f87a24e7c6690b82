import type { RecordedEvent } from '../event-store/port.ts';
import { type CloudEvent, type Message, toMessages } from '../feed/index.ts';
import type { Reached } from './channel.ts';

/** What goes in one transaction. */
export type Batch = {
  readonly messages: readonly Message[];
  readonly reached: Reached;
  readonly events: number;
  /** Of its last event, epoch milliseconds. */
  readonly recordedAt: number;
};

/**
 * Brokers take 1 MiB for one partition's part of a request. In the topic of all events a batch may be for one partition,
 * so that a whole batch has to fit, headers included; a single event always does, by the cap on events.
 */
const MAX_BYTES = 900 * 1_024;
const HEADER_BYTES = 700;

type Cutting = {
  readonly maxEvents: number;
  readonly topicPrefix: string;
  /** Undefined for an event that nobody is told of. */
  readonly cloudEventOf: (event: RecordedEvent) => CloudEvent | undefined;
};

/** Cuts events, in log order, into batches; the last one reaches the last event whether that is published or not. */
export function* toBatches(
  events: readonly RecordedEvent[],
  { maxEvents, topicPrefix, cloudEventOf }: Cutting,
): Generator<Batch> {
  let messages: Message[] = [];
  let taken = 0;
  let bytes = 0;
  let last: RecordedEvent | undefined;
  for (const event of events) {
    const cloudEvent = cloudEventOf(event);
    const ofEvent = cloudEvent === undefined ? [] : toMessages(cloudEvent, topicPrefix);
    const size = bytesOf(ofEvent);
    const isFull = taken > 0 && ofEvent.length > 0 && (taken >= maxEvents || bytes + size > MAX_BYTES);
    if (last !== undefined && isFull) {
      yield batchOf({ messages, taken, last });
      messages = [];
      taken = 0;
      bytes = 0;
    }
    last = event;
    if (ofEvent.length === 0) continue;
    messages.push(...ofEvent);
    taken += 1;
    bytes += size;
  }
  if (last !== undefined) yield batchOf({ messages, taken, last });
}

const batchOf = ({ messages, taken, last }: { messages: Message[]; taken: number; last: RecordedEvent }): Batch => ({
  messages,
  events: taken,
  reached: { position: last.position, eventId: last.id },
  recordedAt: last.recordedAt,
});

/** All messages of one event have the same value, and each topic takes one of them. */
const bytesOf = (messages: readonly Message[]): number =>
  messages.length === 0 ? 0 : HEADER_BYTES + Buffer.byteLength(messages[0]?.value ?? '');
