import type { Admin, ITopicConfig, TopicMessages } from 'kafkajs';
import { comparePositions } from '../event-store/port.ts';
import type { Message } from '../feed/cloud-event.ts';
import { ALL_TOPICS, isPerTenant, isPublishedTopic, TOPICS, topicName } from '../feed/topics.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { awaitWithTimeout } from '../runtime/timeout.ts';
import { ConnectionLost, Replaced, TopicsMissing } from './errors.ts';
import { createKafka, createProducer, type KafkaSettings } from './kafka-client.ts';
import { beginTransaction, sendAll } from './kafka-requests.ts';
import { type PositionRecord, type PublishedPosition, readLastRecord, recordMessage } from './position-record.ts';
import { takeOver } from './take-over.ts';
import { NOTHING_VISIBLE } from './visible-messages.ts';

/** The transactional producer of a log. Opening it fences off older producers of the same log. */
export type Channel = {
  /** The last committed record; undefined if nothing was published yet. */
  readonly last: PositionRecord | undefined;
  /**
   * Commits messages and position in one transaction. After an error the outcome is unknown: close the channel and open
   * another.
   */
  commit(messages: readonly Message[], reached: PublishedPosition): Promise<void>;
  close(): Promise<void>;
};

const CLOSE_MS = 2_000;

/**
 * Opens the producer of a log.
 * @throws Replaced if another publisher has taken over
 * @throws TopicsMissing, KafkaSilent and what kafkajs throws
 */
export const openChannel = async (options: {
  readonly config: KafkaSettings;
  readonly world: Runtime;
  readonly logId: string;
  /** Identifies this process in its records. */
  readonly publisher: string;
  /** The topic of the records. Producers with the same topic fence one another off. */
  readonly positionTopic: string;
  /** True if this process published last, as far as it knows. A record of another process then means that it was replaced. */
  readonly wasOurs: boolean;
}): Promise<Channel> => {
  const { config, world, logId, publisher, positionTopic, wasOurs } = options;
  const kafka = createKafka(config, world.log);
  const admin = kafka.admin();
  let isConnectionLost = false;
  const producer = createProducer(config, world.log, {
    transactionalId: positionTopic,
    onClosed: () => {
      isConnectionLost = true;
    },
  });
  const checkConnection = () => {
    if (isConnectionLost) throw new ConnectionLost();
  };
  // Waits up to CLOSE_MS: an unavailable broker never responds.
  const close = async (): Promise<void> => {
    await awaitWithTimeout(world.timers, CLOSE_MS, Promise.allSettled([producer.disconnect(), admin.disconnect()]));
  };
  try {
    await admin.connect();
    const topics = createTopicList(admin, config, positionTopic);
    await topics.ensure(topicsToBegin(config, positionTopic));
    const reader = { kafka, admin, positionTopic, world };
    if (wasOurs && isOthers(await readLastRecord(reader), publisher)) throw new Replaced();
    await producer.connect();
    const taken = await takeOver({ ...reader, producer, listTopics: topics.list });
    const { last } = taken;
    let visible = last?.logId === logId ? taken.visible : NOTHING_VISIBLE;
    let after = last && placeIn(last);
    return {
      last,
      commit: async (all, reached) => {
        // A start before the last published position means: publish everything again.
        if (last !== undefined && comparePositions(reached.position, last.position) < 0) visible = NOTHING_VISIBLE;
        const messages = all.filter((message) => !visible.includes(message));
        await topics.ensure(topicsOf(messages, config));
        const ofTopics = byTopic(messages);
        const record: PositionRecord = {
          logId,
          ...placeIn(reached),
          publisher,
          ...(after && { after }),
          ...(ofTopics.length <= NAMED_TOPICS && { topics: ofTopics.map(({ topic }) => topic) }),
          ...(visible.goBeyond(reached.position) && { unsure: true }),
        };
        const topicMessages = [...ofTopics, { topic: positionTopic, messages: [recordMessage(record)] }];
        checkConnection();
        const transaction = await beginTransaction(producer, world.timers);
        await sendAll(transaction, topicMessages, world.timers);
        checkConnection();
        await transaction.commit();
        after = placeIn(reached);
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

const placeIn = ({ position, eventId }: PublishedPosition): PublishedPosition =>
  eventId === undefined ? { position } : { position, eventId };

/** Maximum topics that a record names, so that it stays small with many tenants. */
const NAMED_TOPICS = 100;

const byTopic = (messages: readonly Message[]): TopicMessages[] =>
  [...Map.groupBy(messages, ({ topic }) => topic)].map(([topic, ofTopic]) => ({
    topic,
    messages: ofTopic.map(({ key, value, headers }) => ({ key, value, headers: { ...headers } })),
  }));

/** Creates missing topics, and remembers which topics exist. */
type TopicList = {
  /** @throws TopicsMissing if topics neither exist nor can be created */
  ensure(topics: Iterable<string>): Promise<void>;
  /** Lists the topics that hold messages of this publisher, those of all tenants too. */
  list(): Promise<string[]>;
};

/** Lists the topics that are known before any event is published. */
const topicsToBegin = ({ topicPrefix }: KafkaSettings, positionTopic: string): string[] => [
  positionTopic,
  ...(isPerTenant(topicPrefix) ? [] : ALL_TOPICS.map((topic) => topicName(topicPrefix, '', topic))),
];

/**
 * Lists the topics that depend on the tenants of these messages. Includes all topics of a tenant, so that readers find them.
 */
const topicsOf = (messages: readonly Message[], { topicPrefix }: KafkaSettings): string[] => {
  if (!isPerTenant(topicPrefix)) return [];
  const tenants = new Set(messages.map(({ headers }) => headers.ce_tenant ?? ''));
  return [...tenants].flatMap((tenant) => ALL_TOPICS.map((topic) => topicName(topicPrefix, tenant, topic)));
};

const createTopicList = (admin: Admin, settings: KafkaSettings, positionTopic: string): TopicList => {
  const known = new Set<string>();
  const learnExisting = async () => {
    for (const topic of await admin.listTopics()) known.add(topic);
  };
  return {
    list: async () => {
      await learnExisting();
      return [...known].filter((topic) => isPublishedTopic(topic, settings.topicPrefix));
    },
    ensure: async (topics) => {
      let missing = [...new Set(topics)].filter((topic) => !known.has(topic));
      if (missing.length === 0) return;
      await learnExisting();
      missing = missing.filter((topic) => !known.has(topic));
      if (missing.length === 0) return;
      const { partitions, replication } = settings;
      try {
        await admin.createTopics({
          topics: missing.map((topic) => configOf(topic, settings, positionTopic)),
          waitForLeaders: true,
        });
      } catch (error) {
        // Another publisher may have created some of them at the same time.
        await learnExisting();
        const still = missing.filter((topic) => !known.has(topic));
        if (still.length > 0)
          throw new TopicsMissing({ topics: still, partitions, replication, why: reasonsIn(error) });
      }
      for (const topic of missing) known.add(topic);
    },
  };
};

const configOf = (topic: string, settings: KafkaSettings, positionTopic: string): ITopicConfig => {
  const base = { topic, numPartitions: settings.partitions, replicationFactor: settings.replication };
  if (topic === positionTopic) return { ...base, numPartitions: 1, configEntries: POSITION_CONFIG };
  return topic.endsWith(TOPICS.state) ? { ...base, configEntries: COMPACTED } : base;
};

const COMPACTED = [{ name: 'cleanup.policy', value: 'compact' }];
/** Kafka compacts only closed segments, so small segments keep the topic small. */
const POSITION_CONFIG = [...COMPACTED, { name: 'segment.bytes', value: String(8 * 1_048_576) }];

const reasonsIn = (error: unknown): string => {
  const errors = error instanceof AggregateError || hasErrors(error) ? error.errors : [error];
  return [...new Set(errors.map((each) => (each instanceof Error ? each.message : String(each))))].join('; ');
};

const hasErrors = (error: unknown): error is { errors: readonly unknown[] } =>
  typeof error === 'object' && error !== null && 'errors' in error && Array.isArray(error.errors);
