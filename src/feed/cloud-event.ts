import { actorName } from '../domain/events/index.ts';
import { toInstant } from '../domain/values.ts';
import type { Position, RecordedEvent } from '../event-store/port.ts';
import type { PublishedType } from './published.ts';
import { isPublishable, type PublishableEvent, toPublished } from './published-data.ts';

/**
 * The attributes of a message, by their names in CloudEvents 1.0. Names that CloudEvents does not define, such as
 * `sequence`, are extensions: lower-case letters and digits, with texts without control characters.
 */
export type CloudEventAttributes = {
  readonly specversion: '1.0';
  /** The id of the event in the log. */
  readonly id: string;
  readonly source: string;
  readonly type: PublishedType;
  /** `jobs/7` or `jobs/7/executions/12`. */
  readonly subject: string;
  /** When the log recorded the event, ISO. */
  readonly time: string;
  readonly datacontenttype: 'application/json';
  readonly tenant: string;
  /** The position in the log. Compared as text, it sorts events in log order. */
  readonly sequence: Position;
  readonly correlationid: string;
  readonly causationid?: string;
  readonly actor: string;
  readonly actortype: string;
  readonly traceparent?: string;
  /** The labels of the job as a JSON object. */
  readonly labels?: string;
};

export type CloudEvent = {
  readonly attributes: CloudEventAttributes;
  readonly jobId: number;
  /** Any JSON value, with sealed values masked. */
  readonly data: unknown;
};

/** Returns the CloudEvents source of a log. Together with `id` it identifies an event uniquely. */
export const sourceOf = (logId: string): string => `urn:carillon:log:${logId}`;

/** Converts an event of the log into the message that readers get; undefined if the event is not about a job. */
export const toCloudEvent = (event: RecordedEvent, source: string): CloudEvent | undefined => {
  if (!isPublishable(event)) return undefined;
  const { type, data } = toPublished(event);
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

const subjectOf = ({ data }: RecordedEvent<PublishableEvent>): string =>
  'executionId' in data ? `jobs/${data.jobId}/executions/${data.executionId}` : `jobs/${data.jobId}`;

const labelsOf = ({ data }: RecordedEvent<PublishableEvent>): Readonly<Record<string, string>> | undefined =>
  'labels' in data ? data.labels : undefined;
