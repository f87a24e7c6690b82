import { Partitioners } from 'kafkajs';
import { comparePositions, type Position } from '../event-store/port.ts';
import { type Message, sourceOf } from '../feed/cloud-event.ts';
import { type KafkaReader, type OffsetSpan, placeOf, readCommitted } from './kafka-requests.ts';
import type { PositionRecord } from './position-record.ts';

/** Messages that readers received although they are after the recorded position. */
export type VisibleMessages = {
  includes(message: Message): boolean;
  goBeyond(position: Position): boolean;
};

export const NOTHING_VISIBLE: VisibleMessages = { includes: () => false, goBeyond: () => false };

/** More offsets than the messages of one transaction and the aborted ones after them. */
const LAST_OFFSETS = 5_000n;

/**
 * Finds, for each partition, the last event of the log with a message there. Messages of a partition are in log order.
 * @throws KafkaSilent and what kafkajs throws
 */
export const readVisible = async (
  ends: readonly OffsetSpan[],
  { logId, position: reached }: PositionRecord,
  reader: KafkaReader,
): Promise<VisibleMessages> => {
  const source = sourceOf(logId);
  const newest = new Map<string, Position>();
  const spans = ends.map((span) => ({ ...span, from: latest(span.from, span.end - LAST_OFFSETS) }));
  await readCommitted(spans, reader, ({ headers }, place) => {
    const sequence = headers?.ce_sequence?.toString();
    if (sequence === undefined || headers?.ce_source?.toString() !== source) return;
    const known = newest.get(place) ?? reached;
    if (comparePositions(sequence, known) > 0) newest.set(place, sequence);
  });
  if (newest.size === 0) return NOTHING_VISIBLE;
  const { topics } = await reader.admin.fetchTopicMetadata({ topics: [...new Set(ends.map(({ topic }) => topic))] });
  const partitionsOf = new Map(topics.map(({ name, partitions }) => [name, partitions]));
  const partitioner = Partitioners.DefaultPartitioner();
  return {
    includes: ({ topic, key, value, headers }) => {
      const partitionMetadata = partitionsOf.get(topic);
      const { ce_source: ofLog, ce_sequence: sequence } = headers;
      if (partitionMetadata === undefined || sequence === undefined || ofLog !== source) return false;
      const partition = partitioner({ topic, partitionMetadata, message: { key, value } });
      const known = newest.get(placeOf({ topic, partition }));
      return known !== undefined && comparePositions(sequence, known) <= 0;
    },
    goBeyond: (position) => newest.values().some((sequence) => comparePositions(sequence, position) > 0),
  };
};

const latest = (one: bigint, other: bigint): bigint => (one > other ? one : other);
