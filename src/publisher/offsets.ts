import type { Admin } from 'kafkajs';
import type { World } from '../runtime/world.ts';
import { patiently } from './patiently.ts';

/** Names a partition of a topic. */
export const placeOf = ({ topic, partition }: { readonly topic: string; readonly partition: number }): string =>
  `${topic}/${partition}`;

/** Where the messages of a partition begin, and where those end that are decided. */
type PartitionOffsets = { readonly partition: number; readonly low: bigint; readonly decidedEnd: bigint };

/** Reads the offsets of all partitions of a topic, as readers of committed messages see them. */
export const readOffsets = async (
  admin: Admin,
  topic: string,
  timers: World['timers'],
): Promise<readonly PartitionOffsets[]> =>
  (await patiently(timers, () => admin.fetchTopicOffsets(topic))).map(({ partition, low, high }) => ({
    partition,
    low: BigInt(low),
    decidedEnd: BigInt(high),
  }));
