import type { Admin, Kafka, KafkaMessage, Producer, TopicMessages, Transaction } from 'kafkajs';
import type { Runtime } from '../runtime/runtime.ts';
import { isNotYet, KafkaSilent } from './errors.ts';

const FIRST_PAUSE_MS = 5;
const MAX_PAUSE_MS = 1_000;
const TRIES = 16;

/**
 * Retries a request while Kafka responds that it is not ready: for a few ms after a commit (CONCURRENT_TRANSACTIONS), and
 * while a leader or coordinator is elected.
 */
export const retryWhileNotReady = async <T>(timers: Runtime['timers'], request: () => Promise<T>): Promise<T> => {
  for (let tried = 1, pauseMs = FIRST_PAUSE_MS; ; tried++) {
    try {
      return await request();
    } catch (error) {
      if (!isNotYet(error) || tried === TRIES) throw error;
      await timers.sleep(pauseMs);
      pauseMs = Math.min(pauseMs * 1.5, MAX_PAUSE_MS);
    }
  }
};

/** Names a partition of a topic. */
export const placeOf = ({ topic, partition }: { readonly topic: string; readonly partition: number }): string =>
  `${topic}/${partition}`;

/** The first offset of a partition, and the end of its decided messages. */
type PartitionOffsets = { readonly partition: number; readonly low: bigint; readonly decidedEnd: bigint };

/** Reads the offsets of all partitions of a topic, as seen by readers of committed messages. */
export const readOffsets = async (
  admin: Admin,
  topic: string,
  timers: Runtime['timers'],
): Promise<readonly PartitionOffsets[]> =>
  (await retryWhileNotReady(timers, () => admin.fetchTopicOffsets(topic))).map(({ partition, low, high }) => ({
    partition,
    low: BigInt(low),
    decidedEnd: BigInt(high),
  }));

/** Begins a transaction. The first one of a producer fences older producers off. */
export const beginTransaction = (producer: Producer, timers: Runtime['timers']): Promise<Transaction> =>
  retryWhileNotReady(timers, () => producer.transaction());

/** Sends messages, and returns the offset of the first one in each partition, by topic and partition. */
export const sendAll = async (
  transaction: Transaction,
  topicMessages: TopicMessages[],
  timers: Runtime['timers'],
): Promise<ReadonlyMap<string, bigint>> => {
  const sent = await retryWhileNotReady(timers, () => transaction.sendBatch({ topicMessages }));
  return new Map(
    sent.map(({ topicName: topic, partition, baseOffset }) => [
      placeOf({ topic, partition }),
      BigInt(baseOffset ?? -1),
    ]),
  );
};

/** Offsets of a partition; `end` is exclusive. */
export type OffsetSpan = {
  readonly topic: string;
  readonly partition: number;
  readonly from: bigint;
  readonly end: bigint;
};

/** What reads topics of the publisher; its reading groups are named for its topic of positions. */
export type KafkaReader = {
  readonly kafka: Kafka;
  readonly admin: Admin;
  readonly positionTopic: string;
  readonly world: Runtime;
};

const DEADLINE_MS = 20_000;

/**
 * Reads the committed messages of these spans, each once, in order within each partition. Waits for undecided ones.
 * @throws KafkaSilent after 20 s, and what kafkajs throws
 */
export const readCommitted = async (
  spans: readonly OffsetSpan[],
  { kafka, world, positionTopic }: KafkaReader,
  onMessage: (message: KafkaMessage, place: string) => void,
): Promise<void> => {
  const open = new Map(spans.filter(({ from, end }) => from < end).map((span) => [placeOf(span), span]));
  if (open.size === 0) return;
  const wanted = new Map(open);
  const next = new Map([...wanted].map(([place, { from }]) => [place, from]));
  const topics = [...new Set([...wanted.values()].map(({ topic }) => topic))];
  const consumer = kafka.consumer({
    groupId: `${positionTopic}.${world.random.uuid()}`,
    maxWaitTimeInMs: 50,
    allowAutoTopicCreation: false,
  });
  const reachedEnds = new Promise<void>((resolve, reject) => {
    const cancel = world.timers.after(DEADLINE_MS, () =>
      reject(new KafkaSilent('return the published messages', DEADLINE_MS)),
    );
    // This event counts commit markers too, and also comes for batches that hold only aborted records.
    consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload: { topic, partition, lastOffset } }) => {
      const place = placeOf({ topic, partition });
      const span = open.get(place);
      if (span !== undefined && BigInt(lastOffset) + 1n >= span.end) open.delete(place);
      if (open.size > 0) return;
      cancel();
      resolve();
    });
    // kafkajs recovers from most crashes, such as a coordinator that is still loading.
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      if (payload.restart) return;
      cancel();
      reject(payload.error);
    });
  });
  reachedEnds.catch(() => {});
  // Seeks at every join, because a consumer that restarts forgets its position.
  consumer.on(consumer.events.GROUP_JOIN, () => {
    for (const { topic, partition, from } of wanted.values()) consumer.seek({ topic, partition, offset: String(from) });
  });
  try {
    await consumer.connect();
    await consumer.subscribe({ topics, fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch: { topic, partition, messages } }) => {
        const place = placeOf({ topic, partition });
        for (const message of messages) {
          const offset = BigInt(message.offset);
          const expected = next.get(place);
          // Older messages may arrive before the seek takes effect, and repeated ones after a restart.
          if (expected === undefined || offset < expected) continue;
          next.set(place, offset + 1n);
          onMessage(message, place);
        }
      },
    });
    await reachedEnds;
  } finally {
    await consumer.disconnect().catch(() => {});
  }
};
