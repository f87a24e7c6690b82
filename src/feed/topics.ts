import { createHash } from 'node:crypto';

/** The topics without the operator's prefix. Their names are part of the contract with readers. */
export const TOPICS = {
  created: 'scheduler.job.created',
  updated: 'scheduler.job.updated',
  deleted: 'scheduler.job.deleted',
  started: 'scheduler.job.execution.started',
  succeeded: 'scheduler.job.execution.succeeded',
  failed: 'scheduler.job.execution.failed',
  /** All events of a job, in order. */
  events: 'scheduler.job.events',
  /** The latest definition of each job. Compacted, with a tombstone for a deleted job. */
  state: 'scheduler.job.state',
} as const;
export type Topic = (typeof TOPICS)[keyof typeof TOPICS];
export const ALL_TOPICS: readonly Topic[] = Object.values(TOPICS);

const TENANT_PLACEHOLDER = '{tenant}';

/** Returns whether each tenant has its own topics. */
export const isPerTenant = (topicPrefix: string): boolean => topicPrefix.includes(TENANT_PLACEHOLDER);

/** Returns the full name of a topic in Kafka. */
export const topicName = (topicPrefix: string, tenant: string, topic: string): string =>
  topicPrefix.replaceAll(TENANT_PLACEHOLDER, () => inTopicName(tenant)) + topic;

/** Returns whether messages are published to a topic of this name, for any tenant. */
export const isPublishedTopic = (name: string, topicPrefix: string): boolean => {
  const [before = '', ...parts] = topicPrefix.split(TENANT_PLACEHOLDER);
  const after = parts.at(-1);
  return ALL_TOPICS.some((topic) =>
    after === undefined
      ? name === before + topic
      : name.length > `${before}${after}${topic}`.length && name.startsWith(before) && name.endsWith(after + topic),
  );
};

/** Returns a full name that belongs to no tenant. */
export const commonName = (topicPrefix: string, name: string): string =>
  topicPrefix.replaceAll(/\{tenant\}[._-]?/g, '') + name;

/** The length of a tenant within the 249 characters of a Kafka topic; the rest is for the prefix and the topic. */
const MAX_TENANT_LENGTH = 120;

/**
 * Encodes a tenant for a topic name, uniquely. Each byte of a forbidden character becomes _ and two hex digits; a name
 * that is too long becomes a hash.
 */
const inTopicName = (tenant: string): string => {
  const written = tenant.replace(/[^A-Za-z0-9.-]/gu, (character) =>
    [...Buffer.from(character)].map((byte) => `_${byte.toString(16).padStart(2, '0')}`).join(''),
  );
  return written.length <= MAX_TENANT_LENGTH ? written : createHash('sha256').update(tenant).digest('hex');
};
