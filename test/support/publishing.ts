import { randomUUID } from 'node:crypto';
import type { EventStore, Position, RecordedEvent } from '../../src/event-store/port.ts';
import { type Message, sourceOf, toCloudEvent, toMessages } from '../../src/feed/cloud-event.ts';
import { ALL_TOPICS, topicName } from '../../src/feed/topics.ts';
import type { KafkaSettings } from '../../src/publisher/kafka-client.ts';
import { createPublisher, type Publisher, type PublisherState } from '../../src/publisher/publisher.ts';
import { nodeRuntime } from '../../src/runtime/node-runtime.ts';
import type { Runtime } from '../../src/runtime/runtime.ts';
import type { Entry } from './entry.ts';
import { metadata } from './histories.ts';
import type { ReadMessage } from './kafka-reader.ts';
import { recordingLog, silentLog } from './world.ts';

export const LOG_ID = '5b0c8a52-0000-4000-8000-000000000001';

/** Topics that no other test uses. */
export const freshPrefix = (): string => `t${randomUUID().slice(0, 8)}.`;

export const kafkaSettings = (brokers: readonly string[], other: Partial<KafkaSettings> = {}): KafkaSettings => ({
  brokers,
  ssl: false,
  topicPrefix: freshPrefix(),
  partitions: 3,
  replication: 1,
  start: 'beginning',
  ...other,
});

export const topicsBelow = (prefix: string, tenant = ''): string[] =>
  ALL_TOPICS.map((topic) => topicName(prefix, tenant, topic));

/** Appends the entries one after another; returns the position of the last. */
export const appendEntries = async (store: EventStore, entries: readonly Entry[]): Promise<Position> => {
  const revisions = new Map<string, number>();
  let end: Position = '';
  for (const { stream, event } of entries) {
    const expectedRevision = revisions.get(stream) ?? (await store.readLast([stream]))[0]?.revision ?? -1;
    const appended = await store.append({
      stream,
      expectedRevision,
      events: [{ ...event, id: randomUUID(), metadata }],
    });
    revisions.set(stream, appended.revision);
    end = appended.position;
  }
  return end;
};

/** Every event of the log up to its end. */
export const allEvents = async (store: EventStore): Promise<RecordedEvent[]> => {
  const stopping = new AbortController();
  const events: RecordedEvent[] = [];
  for await (const item of store.subscribe({ signal: stopping.signal })) {
    if (item.kind === 'events') events.push(...item.events);
    if (item.kind === 'caughtUp') break;
  }
  stopping.abort();
  return events;
};

/** The expected Kafka messages of a log's events, in log order, without names of jobs and applications. */
export const expectedMessages = (events: readonly RecordedEvent[], prefix: string, logId = LOG_ID): Message[] =>
  events.flatMap((event) => {
    const cloudEvent = toCloudEvent(event, sourceOf(logId), {});
    return cloudEvent === undefined ? [] : toMessages(cloudEvent, prefix);
  });

/** Ids by topic and key, in order, to check exactly-once delivery in order. */
export const idsByKey = (messages: readonly (Message | ReadMessage)[]): Record<string, string[]> => {
  const ids: Record<string, string[]> = {};
  for (const { topic, key, headers } of messages) {
    const place = `${topic} ${key}`;
    ids[place] ??= [];
    ids[place].push(headers.ce_id ?? '');
  }
  return Object.fromEntries(Object.entries(ids).sort(([a], [b]) => (a < b ? -1 : 1)));
};

export type TestPublisher = Publisher & {
  /** Resolves with the reason when it is in this state. */
  become(state: PublisherState): Promise<string | undefined>;
  /** Resolves when everything that the log contained at some time after the start is published. */
  caughtUp(): Promise<void>;
  readonly lines: ReturnType<typeof recordingLog>['lines'];
};

const started = new Set<Publisher>();

/** Stops every publisher that a test has left running. */
export const stopAll = async (): Promise<void> => {
  await Promise.all([...started].map((publisher) => publisher.stop()));
  started.clear();
};

/** A publisher on real time, started. */
export const startPublisher = (options: {
  readonly store: EventStore;
  readonly config: KafkaSettings;
  readonly logId?: string;
  readonly world?: Partial<Runtime>;
}): TestPublisher => {
  const { log, lines } = recordingLog();
  const waiting = new Set<() => void>();
  const caughtUp = Promise.withResolvers<void>();
  const publisher = createPublisher({
    logId: LOG_ID,
    ...options,
    store: telling(options.store, caughtUp.resolve),
    world: { ...nodeRuntime(log), ...options.world },
    onStatus: () => {
      for (const look of waiting) look();
    },
  });
  publisher.start();
  started.add(publisher);
  return {
    ...publisher,
    lines,
    caughtUp: () => caughtUp.promise,
    become: (state) =>
      new Promise((resolve) => {
        const look = () => {
          if (publisher.status().state !== state) return;
          waiting.delete(look);
          resolve(publisher.status().why);
        };
        waiting.add(look);
        look();
      }),
  };
};

/** A log that reports when a reader has handled everything before it caught up. */
const telling = (store: EventStore, onCaughtUp: () => void): EventStore => ({
  ...store,
  subscribe: async function* (options) {
    for await (const item of store.subscribe(options)) {
      // Requested only after everything before was handled.
      if (item.kind === 'caughtUp') onCaughtUp();
      yield item;
    }
  },
});

export const realWorld = nodeRuntime(silentLog);
