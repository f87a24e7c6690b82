import type { Admin, Kafka, Producer, TopicMessages } from 'kafkajs';
import type { Position } from '../event-store/port.ts';
import type { Message } from '../feed/index.ts';
import type { World } from '../world.ts';
import { Replaced } from './errors.ts';
import { createKafka, createProducer, type KafkaSettings } from './kafka-client.ts';
import { type PositionRecord, readLastRecord } from './position-record.ts';
import { createTopicList, topicsOf, topicsToBegin } from './topic-list.ts';

/** How far publishing has come: a place in the log, and the event there where it was published. */
export type Reached = { readonly position: Position; readonly eventId?: string | undefined };

/** A transactional producer that is alone in its log, from the last committed position on. */
export type Channel = {
  /** The last committed record; undefined where nothing was published yet. */
  readonly last: PositionRecord | undefined;
  /** Messages and position in one transaction. After an error its outcome is unknown: drop the channel, open another. */
  commit(messages: readonly Message[], reached: Reached): Promise<void>;
  close(): Promise<void>;
};

export type ChannelOptions = {
  readonly config: KafkaSettings;
  readonly world: Pick<World, 'timers' | 'random' | 'log'>;
  readonly logId: string;
  /** Names this process in its records. */
  readonly publisher: string;
  /** Holds the records; producers of one such topic fence one another off. */
  readonly positionTopic: string;
  /** It was this publisher that published last, as far as it knows: another's record since then means it was replaced. */
  readonly wasOurs: boolean;
};

const CLOSE_MS = 2_000;

/**
 * @throws Replaced when another publisher has taken over
 * @throws TopicsMissing, KafkaSilent and what kafkajs throws
 */
export const openChannel = async (options: ChannelOptions): Promise<Channel> => {
  const { config, world, logId, publisher, positionTopic, wasOurs } = options;
  const kafka = createKafka(config, world.log);
  const admin = kafka.admin();
  const producer = createProducer(kafka, positionTopic);
  const close = () => closeWithin(CLOSE_MS, { admin, producer, world });
  try {
    await admin.connect();
    const topics = createTopicList(admin, config, positionTopic);
    await topics.ensure(topicsToBegin(config, positionTopic));
    const readLast = () => lastRecord({ kafka, admin, positionTopic, world });
    if (wasOurs && isOthers(await readLast(), publisher)) throw new Replaced();
    await producer.connect();
    await fenceOff(producer);
    // Only now: an older producer can't commit any more.
    const last = await readLast();
    return {
      last,
      commit: async (messages, { position, eventId }) => {
        await topics.ensure(topicsOf(messages, config));
        const record: PositionRecord = { logId, position, ...(eventId === undefined ? {} : { eventId }), publisher };
        await commit(producer, [...byTopic(messages), { topic: positionTopic, messages: [recordMessage(record)] }]);
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
};

const isOthers = (record: PositionRecord | undefined, publisher: string): boolean =>
  record !== undefined && record.publisher !== publisher;

type Reading = {
  readonly kafka: Kafka;
  readonly admin: Admin;
  readonly positionTopic: string;
  readonly world: ChannelOptions['world'];
};
const lastRecord = ({ kafka, admin, positionTopic, world: { timers, random } }: Reading) =>
  readLastRecord(positionTopic, { kafka, admin, timers, group: `${positionTopic}.${random.uuid()}` });

/** One key, on the first partition: the topic is compacted to its last record. */
const recordMessage = (record: PositionRecord) => ({ key: 'publisher', value: JSON.stringify(record), partition: 0 });

const byTopic = (messages: readonly Message[]): TopicMessages[] =>
  [...Map.groupBy(messages, ({ topic }) => topic)].map(([topic, ofTopic]) => ({
    topic,
    messages: ofTopic.map(({ key, value, headers }) => ({ key, value, headers: { ...headers } })),
  }));

/**
 * Ends the transaction that an older producer may have left open, and shuts that producer out. With kafkajs a first
 * transaction does it, even an empty one, and connecting does not: that asks for an id of no transaction.
 */
const fenceOff = async (producer: Producer): Promise<void> => {
  const transaction = await producer.transaction();
  await transaction.abort();
};

const commit = async (producer: Producer, topicMessages: TopicMessages[]): Promise<void> => {
  const transaction = await producer.transaction();
  await transaction.sendBatch({ topicMessages });
  await transaction.commit();
};

/** A broker that is gone answers no goodbye. */
const closeWithin = async (
  ms: number,
  { admin, producer, world }: { admin: Admin; producer: Producer; world: Pick<World, 'timers'> },
): Promise<void> => {
  const done = new AbortController();
  await Promise.race([
    Promise.allSettled([producer.disconnect(), admin.disconnect()]).then(() => done.abort()),
    world.timers.sleep(ms, done.signal),
  ]);
};
