import type { Admin, ITopicConfig } from 'kafkajs';
import { ALL_TOPICS, isPerTenant, isPublishedTopic, type Message, TOPICS, topicName } from '../feed/index.ts';
import { TopicsMissing } from './errors.ts';
import type { KafkaSettings } from './kafka-client.ts';

/** Creates missing topics, and remembers which topics exist. */
export type TopicList = {
  /** @throws TopicsMissing if topics neither exist nor can be created */
  ensure(topics: Iterable<string>): Promise<void>;
  /** Lists the topics that hold messages of this publisher, those of all tenants too. */
  list(): Promise<string[]>;
};

type TopicSettings = Pick<KafkaSettings, 'topicPrefix' | 'partitions' | 'replication'>;

/** Lists the topics whose names are known before any event is published. */
export const topicsToBegin = ({ topicPrefix }: TopicSettings, positionTopic: string): string[] => [
  positionTopic,
  ...(isPerTenant(topicPrefix) ? [] : ALL_TOPICS.map((topic) => topicName(topicPrefix, '', topic))),
];

/**
 * Lists the topics whose names depend on the tenants of these messages. It includes all topics of a tenant, so that
 * readers find them.
 */
export const topicsOf = (messages: readonly Message[], { topicPrefix }: TopicSettings): string[] => {
  if (!isPerTenant(topicPrefix)) return [];
  const tenants = new Set(messages.map(({ headers }) => headers.ce_tenant ?? ''));
  return [...tenants].flatMap((tenant) => ALL_TOPICS.map((topic) => topicName(topicPrefix, tenant, topic)));
};

export const createTopicList = (admin: Admin, settings: TopicSettings, positionTopic: string): TopicList => {
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

const configOf = (topic: string, settings: TopicSettings, positionTopic: string): ITopicConfig => {
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
