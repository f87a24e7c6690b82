import type { Producer, TopicMessages, Transaction } from 'kafkajs';
import type { World } from '../world.ts';
import { isNotYet } from './errors.ts';

const FIRST_PAUSE_MS = 5;
const LONGEST_PAUSE_MS = 1_000;
const TRIES = 16;

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
    sent.map(({ topicName, partition, baseOffset }) => [`${topicName}/${partition}`, BigInt(baseOffset ?? -1)]),
  );
};

/**
 * For a few ms after a commit, brokers answer requests with CONCURRENT_TRANSACTIONS. A transaction of one message takes
 * 4 to 10 ms with these pauses.
 */
const patiently = async <T>(timers: World['timers'], ask: () => Promise<T>): Promise<T> => {
  for (let tried = 1, pauseMs = FIRST_PAUSE_MS; ; tried++) {
    try {
      return await ask();
    } catch (error) {
      if (!isNotYet(error) || tried === TRIES) throw error;
      await timers.sleep(pauseMs);
      pauseMs = Math.min(pauseMs * 1.5, LONGEST_PAUSE_MS);
    }
  }
};
