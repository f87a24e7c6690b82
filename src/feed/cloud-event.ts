import { actorName } from '../domain/events/index.ts';
import { toInstant } from '../domain/values.ts';
import type { Position, RecordedEvent } from '../event-store/port.ts';
import type { PublishedType } from './published.ts';
import { isJobStory, type JobStory, publishedOf } from './published-data.ts';

/**
 * The attributes of a message by their names in CloudEvents 1.0. `sequence`, `traceparent` and the like are extensions:
 * lower-case letters and digits, texts without control characters.
 */
export type Attributes = {
  readonly specversion: '1.0';
  /** The event's id in the log. */
  readonly id: string;
  readonly source: string;
  readonly type: PublishedType;
  /** `jobs/7` or `jobs/7/executions/12`. */
  readonly subject: string;
  /** When the log recorded it. */
  readonly time: string;
  readonly datacontenttype: 'application/json';
  readonly tenant: string;
  /** Place in the log: as text it sorts as the events happened. */
  readonly sequence: Position;
  readonly correlationid: string;
  readonly causationid?: string;
  readonly actor: string;
  readonly actortype: string;
  readonly traceparent?: string;
  /** The job's labels as a JSON object. */
  readonly labels?: string;
};

export type CloudEvent = {
  readonly attributes: Attributes;
  readonly jobId: number;
  /** Redacted; any JSON value. */
  readonly data: unknown;
};

/** Where the messages of this log come from; with `id` it is unlike for every event of every log. */
export const sourceOf = (logId: string): string => `urn:carillon:log:${logId}`;

/** The event as readers get it; undefined for one that isn't about a job. */
export const toCloudEvent = (event: RecordedEvent, source: string): CloudEvent | undefined => {
  if (!isJobStory(event)) return undefined;
  const { type, data } = publishedOf(event);
  const { actor, correlationId, causationId, traceparent } = event.metadata;
  const labels = labelsOf(event);
  return {
    attributes: {
      specversion: '1.0',
      id: event.id,
      source,
      type,
      subject: subjectOf(event),
      time: toInstant(event.recordedAt),
      datacontenttype: 'application/json',
      tenant: event.data.tenant,
      sequence: event.position,
      correlationid: correlationId,
      ...(causationId === undefined ? {} : { causationid: causationId }),
      actor: actorName(actor),
      actortype: actor.type,
      ...(traceparent === undefined ? {} : { traceparent }),
      ...(labels === undefined ? {} : { labels: JSON.stringify(labels) }),
    },
    jobId: event.data.jobId,
    data,
  };
};

const subjectOf = ({ data }: RecordedEvent<JobStory>): string =>
  'executionId' in data ? `jobs/${data.jobId}/executions/${data.executionId}` : `jobs/${data.jobId}`;

const labelsOf = ({ data }: RecordedEvent<JobStory>): Readonly<Record<string, string>> | undefined =>
  'labels' in data ? data.labels : undefined;
