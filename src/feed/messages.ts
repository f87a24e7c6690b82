import type { CloudEvent } from './cloud-event.ts';
import { PUBLISHED } from './published.ts';
import { TOPICS, topicName } from './topics.ts';

/** A Kafka message: a CloudEvent in binary mode. */
export type Message = {
  readonly topic: string;
  /** The id of the job, so that all messages about one job stay in order. */
  readonly key: string;
  /** JSON, or null as a tombstone: compaction then removes the earlier messages of this key. */
  readonly value: string | null;
  readonly headers: Readonly<Record<string, string>>;
};

/** Converts an event into one message for each of its topics, all with the same id. */
export const toMessages = (event: CloudEvent, topicPrefix: string): Message[] => {
  const { tenant, type } = event.attributes;
  const key = String(event.jobId);
  const value = JSON.stringify(event.data);
  const headers = headersOf(event);
  return PUBLISHED[type].topics.map((topic) => {
    const isTombstone = topic === TOPICS.state && type === 'scheduler.job.deleted';
    return { topic: topicName(topicPrefix, tenant, topic), key, value: isTombstone ? null : value, headers };
  });
};

const headersOf = ({ attributes: { datacontenttype, ...others } }: CloudEvent): Record<string, string> => {
  const headers: Record<string, string> = { 'content-type': datacontenttype };
  for (const [name, value] of Object.entries(others)) headers[`ce_${name}`] = value;
  return headers;
};

/** Converts an event into a CloudEvent in structured mode: attributes and data in one JSON object. */
export const toStructured = ({ attributes, data }: CloudEvent): Readonly<Record<string, unknown>> => ({
  ...attributes,
  data,
});
