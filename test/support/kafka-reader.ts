import { randomUUID } from 'node:crypto';
import { type Batch, type Consumer, Kafka, logLevel } from 'kafkajs';
import { patchRequestQueueTimer } from '../../src/publisher/kafka-client.ts';

export type ReadMessage = {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly key: string;
  readonly value: string | null;
  readonly headers: Readonly<Record<string, string>>;
};

export type Reader = {
  /** What was read so far, in order within each partition. */
  readonly messages: readonly ReadMessage[];
  /** Resolves once this holds of what was read; looked at after each batch. */
  until(holds: (messages: readonly ReadMessage[]) => boolean): Promise<readonly ReadMessage[]>;
  stop(): Promise<void>;
};

export const kafkaClient = (brokers: readonly string[]): Kafka => {
  patchRequestQueueTimer();
  return new Kafka({
    clientId: 'reader',
    brokers: [...brokers],
    logLevel: logLevel.NOTHING,
    retry: { initialRetryTime: 50, retries: 20, maxRetryTime: 1_000 },
  });
};

/** Reads committed messages of these topics from their beginning on, as a consumer of ours would. */
export const readTopics = async (
  brokers: readonly string[],
  topics: readonly string[],
  onMessage: (message: ReadMessage) => void = () => {},
): Promise<Reader> => {
  const consumer = kafkaClient(brokers).consumer({
    groupId: `reader-${randomUUID()}`,
    maxWaitTimeInMs: 20,
    allowAutoTopicCreation: false,
  });
  const messages: ReadMessage[] = [];
  const waiting = new Set<() => void>();
  // A reader that commits nothing starts over when it has to join its group again: each offset counts once.
  const seen = new Map<string, bigint>();
  const isNew = ({ topic, partition, offset }: ReadMessage): boolean => {
    const place = `${topic}/${partition}`;
    if (BigInt(offset) <= (seen.get(place) ?? -1n)) return false;
    seen.set(place, BigInt(offset));
    return true;
  };
  await consumer.connect();
  await consumer.subscribe({ topics: [...topics], fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    partitionsConsumedConcurrently: 8,
    eachBatch: async ({ batch }) => {
      for (const message of messagesIn(batch).filter(isNew)) {
        messages.push(message);
        onMessage(message);
      }
      for (const look of waiting) look();
    },
  });
  return {
    messages,
    until: (holds) =>
      new Promise((resolve) => {
        const look = () => {
          if (!holds(messages)) return;
          waiting.delete(look);
          resolve(messages);
        };
        waiting.add(look);
        look();
      }),
    stop: () => leave(consumer),
  };
};

/** All committed messages of these topics up to their end as it is now. */
export const readAll = async (brokers: readonly string[], topics: readonly string[]): Promise<ReadMessage[]> => {
  const kafka = kafkaClient(brokers);
  const admin = kafka.admin();
  await admin.connect();
  const open = new Map<string, bigint>();
  for (const topic of topics) {
    for (const { partition, low, high } of await admin.fetchTopicOffsets(topic)) {
      if (high !== low) open.set(`${topic}/${partition}`, BigInt(high));
    }
  }
  await admin.disconnect();
  const found: ReadMessage[] = [];
  if (open.size === 0) return found;
  const consumer = kafka.consumer({ groupId: `reader-${randomUUID()}`, maxWaitTimeInMs: 50 });
  const done = new Promise<void>((resolve, reject) => {
    // The end of a batch counts the commit's marker too.
    consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload: { topic, partition, lastOffset } }) => {
      const end = open.get(`${topic}/${partition}`);
      if (end !== undefined && BigInt(lastOffset) + 1n >= end) open.delete(`${topic}/${partition}`);
      if (open.size === 0) resolve();
    });
    consumer.on(consumer.events.CRASH, ({ payload }) => payload.restart || reject(payload.error));
  });
  await consumer.connect();
  await consumer.subscribe({ topics: [...topics], fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    eachBatch: async ({ batch }) => {
      found.push(...messagesIn(batch));
    },
  });
  await done;
  await leave(consumer);
  return found;
};

const leave = async (consumer: Consumer): Promise<void> => {
  await consumer.disconnect().catch(() => {});
};

const messagesIn = ({ topic, partition, messages }: Batch): ReadMessage[] =>
  messages.map(({ offset, key, value, headers }) => ({
    topic,
    partition,
    offset,
    key: String(key),
    value: value === null ? null : value.toString(),
    headers: Object.fromEntries(Object.entries(headers ?? {}).map(([name, text]) => [name, String(text)])),
  }));
