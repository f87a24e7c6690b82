import { createHash } from 'node:crypto';

/** Where messages go, each below the operator's prefix. The names are part of the contract with readers. */
export const TOPICS = {
  created: 'scheduler.job.created',
  updated: 'scheduler.job.updated',
  deleted: 'scheduler.job.deleted',
  started: 'scheduler.job.execution.started',
  succeeded: 'scheduler.job.execution.succeeded',
  failed: 'scheduler.job.execution.failed',
  /** All of a job's events, in order. */
  events: 'scheduler.job.events',
  /** The last definition of each job; compacted, with a tombstone for a deleted one. */
  state: 'scheduler.job.state',
} as const;
export type Topic = (typeof TOPICS)[keyof typeof TOPICS];
export const ALL_TOPICS: readonly Topic[] = Object.values(TOPICS);

const TENANT_PLACE = '{tenant}';

/** Whether each tenant has topics of its own. */
export const isPerTenant = (topicPrefix: string): boolean => topicPrefix.includes(TENANT_PLACE);

/** The topic's name as Kafka has it. */
export const topicName = (topicPrefix: string, tenant: string, topic: string): string =>
  topicPrefix.replaceAll(TENANT_PLACE, () => inTopicName(tenant)) + topic;

/** A name below the prefix that belongs to no tenant. */
export const commonName = (topicPrefix: string, name: string): string =>
  topicPrefix.replaceAll(/\{tenant\}[._-]?/g, '') + name;

/** Of the 249 characters that Kafka allows; the rest is for the prefix and the topic's own name. */
const LONGEST = 120;

/** Unlike for each tenant: what a topic's name can't hold becomes _ and two hex digits a byte, and too long a name a hash. */
const inTopicName = (tenant: string): string => {
  const written = tenant.replace(/[^A-Za-z0-9.-]/gu, (character) =>
    [...Buffer.from(character)].map((byte) => `_${byte.toString(16).padStart(2, '0')}`).join(''),
  );
  return written.length <= LONGEST ? written : createHash('sha256').update(tenant).digest('hex');
};
