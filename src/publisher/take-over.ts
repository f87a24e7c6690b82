import type { Admin, Producer, TopicMessages } from 'kafkajs';
import type { World } from '../world.ts';
import { beginTransaction, sendAll } from './transactions.ts';

type TakeOverInput = {
  readonly producer: Producer;
  readonly admin: Admin;
  readonly positionTopic: string;
  /** Lists all topics with messages of this publisher. */
  readonly listTopics: () => Promise<readonly string[]>;
  readonly world: Pick<World, 'timers' | 'log'>;
};

/**
 * Fences older producers off, and aborts what they left undecided. With kafkajs this takes a transaction: connecting
 * requests a producer id without the transactional id.
 *
 * Once older producers are fenced off, Kafka should have decided all their transactions. But a broker that is killed
 * between deciding a transaction and writing that into the partitions may forget to write it when it comes back, because
 * it takes partitions without a leader for deleted (Kafka 4.3). The messages are then neither visible nor gone, and the
 * next commit in their partition would make them visible, also where they were sent again since. So this looks for them
 * in the topic of positions, where every transaction writes, and if there are any, aborts them everywhere: a message to a
 * partition in a transaction that is aborted takes with it what was undecided there.
 */
export const takeOver = async (input: TakeOverInput): Promise<void> => {
  const { producer, admin, positionTopic, listTopics, world } = input;
  const transaction = await beginTransaction(producer, world.timers);
  const [partition] = await admin.fetchTopicOffsets(positionTopic);
  const decidedEnd = BigInt(partition?.high ?? 0);
  const place = { topic: positionTopic, partitions: [0] };
  const end = (await sendAll(transaction, [toBeAborted(place)], world.timers)).get(`${positionTopic}/0`);
  if (end !== undefined && end > decidedEnd) {
    world.log.warn(
      { positionTopic },
      'Kafka left a transaction of the last publisher undecided: it is aborted, and published again',
    );
    const { topics } = await admin.fetchTopicMetadata({ topics: [...(await listTopics())] });
    const places = topics.map(({ name, partitions }) => ({
      topic: name,
      partitions: partitions.map(({ partitionId }) => partitionId),
    }));
    await sendAll(transaction, places.map(toBeAborted), world.timers);
  }
  await transaction.abort();
};

const toBeAborted = ({ topic, partitions }: { topic: string; partitions: number[] }): TopicMessages => ({
  topic,
  messages: partitions.map((partition) => ({ key: 'aborted', value: null, partition })),
});
