import type { Producer, TopicMessages, Transaction } from 'kafkajs';
import type { World } from '../runtime/world.ts';
import { placeOf } from './offsets.ts';
import { patiently } from './patiently.ts';

/** Begins a transaction. The first one of a producer fences older producers off. */
export const beginTransaction = (producer: Producer, timers: World['timers']): Promise<Transaction> =>
  patiently(timers, () => producer.transaction());

/** Sends messages, and returns the offset of the first one in each partition, by topic and partition. */
export const sendAll = async (
  transaction: Transaction,
  topicMessages: TopicMessages[],
  timers: World['timers'],
): Promise<ReadonlyMap<string, bigint>> => {
  const sent = await patiently(timers, () => transaction.sendBatch({ topicMessages }));
  return new Map(
    sent.map(({ topicName: topic, partition, baseOffset }) => [
      placeOf({ topic, partition }),
      BigInt(baseOffset ?? -1),
    ]),
  );
};
