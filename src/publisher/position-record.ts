import type { Admin, Kafka } from 'kafkajs';
import { z } from 'zod';
import type { Timers } from '../world.ts';
import { KafkaSilent } from './errors.ts';

/** What each transaction says beside its messages: how far the log is published, and by whom. */
export const PositionRecord = z.object({
  logId: z.string(),
  position: z.string(),
  eventId: z.string().optional(),
  /** Names a process, so that one that was replaced finds out. */
  publisher: z.string(),
});
export type PositionRecord = z.infer<typeof PositionRecord>;

const DEADLINE_MS = 20_000;
/** More records than one transaction and its marker hold, and few enough to read at once. */
const LAST_OFFSETS = 100n;

/** The offset after the topic's last record, as text; it moves with every transaction. */
export const endOffset = async (admin: Admin, topic: string): Promise<string> => {
  const [partition] = await admin.fetchTopicOffsets(topic);
  return partition?.high ?? '0';
};

type Reading = { readonly kafka: Kafka; readonly admin: Admin; readonly timers: Timers; readonly group: string };

/**
 * The last committed record. It is final only where older producers were fenced off before: else one of them may commit
 * another right after.
 */
export const readLastRecord = async (topic: string, reading: Reading): Promise<PositionRecord | undefined> => {
  const [partition] = await reading.admin.fetchTopicOffsets(topic);
  if (partition === undefined || partition.high === partition.low) return undefined;
  const [low, high] = [BigInt(partition.low), BigInt(partition.high)];
  const near = high - LAST_OFFSETS;
  const last = near > low ? await readSpan(topic, { ...reading, from: near, end: high }) : undefined;
  // Aborted transactions may fill the end: then all of it is read.
  return last ?? readSpan(topic, { ...reading, from: low, end: high });
};

const readSpan = async (
  topic: string,
  { kafka, timers, group, from, end }: Reading & { from: bigint; end: bigint },
): Promise<PositionRecord | undefined> => {
  const consumer = kafka.consumer({ groupId: group, maxWaitTimeInMs: 50, allowAutoTopicCreation: false });
  let last: string | undefined;
  const reachedEnd = new Promise<void>((resolve, reject) => {
    const cancel = timers.after(DEADLINE_MS, () => reject(new KafkaSilent('give the last position back', DEADLINE_MS)));
    // The end of a batch counts the commit's marker too, and comes for batches of nothing but aborted records.
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
  // Each time: a consumer that restarts has forgotten where it was sent.
  consumer.on(consumer.events.GROUP_JOIN, () => consumer.seek({ topic, partition: 0, offset: String(from) }));
  try {
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch }) => {
        for (const { offset, value } of batch.messages) {
          // Before the jump to `from` takes effect, older ones may come.
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
