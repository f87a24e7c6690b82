import { z } from 'zod';
import { type KafkaReader, readCommitted, readOffsets } from './kafka-requests.ts';

/** A position in the log, and the id of the event there if it was published. */
const PublishedPosition = z.object({ position: z.string(), eventId: z.string().optional() });
export type PublishedPosition = z.infer<typeof PublishedPosition>;

/** Part of each transaction: the position up to which the log is published, and the publishing process. */
export const PositionRecord = PublishedPosition.extend({
  logId: z.string(),
  /** Identifies the process, so that a replaced process can detect it. */
  publisher: z.string(),
  /** The position before this transaction; absent in records of earlier versions. */
  after: PublishedPosition.optional(),
  /** The topics of this transaction; absent if there are too many. */
  topics: z.array(z.string()).optional(),
  /** Some messages after this position may already be published. */
  unsure: z.literal(true).optional(),
});
export type PositionRecord = z.infer<typeof PositionRecord>;

/** Names the reader with its position in this topic, for errors. */
export const readerOf = (positionTopic: string, topicPrefix: string): string =>
  `the publisher of topics '${topicPrefix}scheduler.job.…', with its position in topic ${positionTopic},`;

/** More offsets than one transaction and its marker use, and few enough to read in one request. */
const LAST_OFFSETS = 100n;

/**
 * Reads the last committed record. Fence off older producers first: otherwise one of them may commit another record
 * right after.
 */
export const readLastRecord = async (reader: KafkaReader): Promise<PositionRecord | undefined> => {
  const [partition] = await readOffsets(reader.admin, reader.positionTopic, reader.world.timers);
  if (partition === undefined) return undefined;
  const { low, decidedEnd: end } = partition;
  const near = end - LAST_OFFSETS;
  const last = near > low ? await readSpan(reader, near, end) : undefined;
  // If aborted transactions fill the end of the topic, the whole topic is read.
  return last ?? readSpan(reader, low, end);
};

const readSpan = async (reader: KafkaReader, from: bigint, end: bigint): Promise<PositionRecord | undefined> => {
  let last: string | undefined;
  await readCommitted([{ topic: reader.positionTopic, partition: 0, from, end }], reader, ({ value }) => {
    last = value?.toString();
  });
  return last === undefined ? undefined : PositionRecord.parse(JSON.parse(last));
};

/** Writes all records with one key to the first partition, so that compaction keeps the last record. */
export const recordMessage = (record: PositionRecord) => ({
  key: 'publisher',
  value: JSON.stringify(record),
  partition: 0,
});
