import { createHash } from 'node:crypto';
import { isApplicationEvent, isJobEvent } from '../domain/events/index.ts';
import { applicationStream, jobStream, PREFIX_OF } from '../domain/streams.ts';
import { StreamParked } from '../event-store/errors.ts';
import type { EventStore, RecordedEvent } from '../event-store/port.ts';

/** The streams that a reader of the feed follows: jobs, runs, and applications for the names. */
export const FEED_PREFIXES = [PREFIX_OF.job, PREFIX_OF.runs, PREFIX_OF.application] as const;

/** Names of an event's job and application. */
export type EventNames = { readonly jobName?: string; readonly applicationName?: string };

/** Maps ids in events to names, for one reader of the log. */
type FeedNames = {
  /** Looks up the names for these events in one request. Call it with each batch, in log order. */
  learn(events: readonly RecordedEvent[]): Promise<void>;
  /** The names as of this event or, if no event set them, as of the lookup. */
  of(event: RecordedEvent): EventNames;
};

/** Maximum cached names. */
const MAX_NAMES = 20_000;

export const createFeedNames = (store: EventStore): FeedNames => {
  const names = new Map<string, string>();
  const take = (event: RecordedEvent): void => {
    if (isJobEvent(event) || isApplicationEvent(event)) names.set(event.stream, event.data.name);
  };
  return {
    learn: async (events) => {
      if (names.size > MAX_NAMES) names.clear();
      const said = new Set<string>();
      const unknown = new Set<string>();
      for (const event of events) {
        said.add(event.stream);
        for (const stream of namedBy(event)) if (!names.has(stream) && !said.has(stream)) unknown.add(stream);
      }
      if (unknown.size === 0) return;
      for (const event of await store.readLast([...unknown])) {
        if (event !== undefined && !(event instanceof StreamParked)) take(event);
      }
    },
    of: (event) => {
      take(event);
      const [job = '', application = ''] = namedBy(event);
      const [jobName, applicationName] = [names.get(job), names.get(application)];
      return {
        ...(jobName === undefined ? {} : { jobName }),
        ...(applicationName === undefined ? {} : { applicationName }),
      };
    },
  };
};

/** Streams of the event's job and application. */
const namedBy = ({ data }: RecordedEvent): readonly string[] =>
  'jobId' in data && data.jobId !== undefined && 'applicationId' in data && data.applicationId !== undefined
    ? [jobStream(data.jobId), applicationStream(data.applicationId)]
    : [];

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
