import type { Admin, Kafka } from 'kafkajs';
import { z } from 'zod';
import type { World } from '../world.ts';
import { KafkaSilent } from './errors.ts';

/** Each transaction includes such a record: how far the log is published, and by which process. */
export const PositionRecord = z.object({
  logId: z.string(),
  position: z.string(),
  eventId: z.string().optional(),
  /** Identifies the process, so that a process that was replaced can notice it. */
  publisher: z.string(),
});
export type PositionRecord = z.infer<typeof PositionRecord>;

/** Names the reader of the log whose place is kept in this topic, for errors. */
export const readerOf = (positionTopic: string, topicPrefix: string): string =>
  `the publisher of topics '${topicPrefix}scheduler.job.…', with its position in topic ${positionTopic},`;

const DEADLINE_MS = 20_000;
/** More offsets than one transaction and its marker use, and few enough to read in one request. */
const LAST_OFFSETS = 100n;

/** Returns the offset after the last record of the topic, as text. Every transaction moves it. */
export const endOffset = async (admin: Admin, topic: string): Promise<string> => {
  const [partition] = await admin.fetchTopicOffsets(topic);
  return partition?.high ?? '0';
};

type PositionTopicReader = {
  readonly kafka: Kafka;
  readonly admin: Admin;
  readonly world: Pick<World, 'timers' | 'random'>;
};

/**
 * Reads the last committed record. Fence off older producers first: otherwise one of them may commit another record
 * right after.
 */
export const readLastRecord = async (
  topic: string,
  reader: PositionTopicReader,
): Promise<PositionRecord | undefined> => {
  const [partition] = await reader.admin.fetchTopicOffsets(topic);
  if (partition === undefined || partition.high === partition.low) return undefined;
  const [low, high] = [BigInt(partition.low), BigInt(partition.high)];
  const near = high - LAST_OFFSETS;
  const last = near > low ? await readSpan(topic, { ...reader, from: near, end: high }) : undefined;
  // If aborted transactions fill the end of the topic, the whole topic is read.
  return last ?? readSpan(topic, { ...reader, from: low, end: high });
};

const readSpan = async (
  topic: string,
  { kafka, world: { timers, random }, from, end }: PositionTopicReader & { from: bigint; end: bigint },
): Promise<PositionRecord | undefined> => {
  const consumer = kafka.consumer({
    groupId: `${topic}.${random.uuid()}`,
    maxWaitTimeInMs: 50,
    allowAutoTopicCreation: false,
  });
  let last: string | undefined;
  const reachedEnd = new Promise<void>((resolve, reject) => {
    const cancel = timers.after(DEADLINE_MS, () => reject(new KafkaSilent('give the last position back', DEADLINE_MS)));
    // This event counts commit markers too, and also comes for batches that hold only aborted records.
    consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload }) => {
      if (BigInt(payload.lastOffset) + 1n < end) return;
      cancel();
      resolve();
    });
    // kafkajs restarts by itself from most crashes, such as a coordinator that is still loading.
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      if (payload.restart) return;
      cancel();
      reject(payload.error);
    });
  });
  reachedEnd.catch(() => {});
  // Seeks at every join, because a consumer that restarts forgets its position.
  consumer.on(consumer.events.GROUP_JOIN, () => consumer.seek({ topic, partition: 0, offset: String(from) }));
  try {
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch }) => {
        for (const { offset, value } of batch.messages) {
          // Older records may arrive before the seek takes effect.
          if (BigInt(offset) >= from) last = value?.toString();
        }
      },
    });
    await reachedEnd;
    return last === undefined ? undefined : PositionRecord.parse(JSON.parse(last));
  } finally {
    await consumer.disconnect().catch(() => {});
  }
};
