import type { CloudEvent } from './cloud-event.ts';
import { PUBLISHED } from './published.ts';
import { TOPICS, topicName } from './topics.ts';

/** A Kafka message, CloudEvents in binary mode. */
export type Message = {
  readonly topic: string;
  /** The job's id: whatever is about one job stays in order. */
  readonly key: string;
  /** JSON; null takes the key's earlier messages out of a compacted topic. */
  readonly value: string | null;
  readonly headers: Readonly<Record<string, string>>;
};

/** One message for each topic that takes this event, all of the same id. */
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

/** CloudEvents in structured mode: attributes and data in one JSON object. */
export const toStructured = ({ attributes, data }: CloudEvent): Readonly<Record<string, unknown>> => ({
  ...attributes,
  data,
});
