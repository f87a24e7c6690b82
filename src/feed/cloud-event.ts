import { actorName, isJobEvent, isRunEvent, type JobEvent, type RunEvent } from '../domain/events/index.ts';
import { dueOfMs } from '../domain/execution/lateness.ts';
import { maskSealed } from '../domain/redaction/mask.ts';
import { toInstant } from '../domain/values.ts';
import type { Position, RecordedEvent } from '../event-store/port.ts';
import { PUBLISHED, type PublishedType } from './published.ts';
import { type EventNames, TOPICS, topicName } from './topics.ts';

/**
 * Attributes of a message by their CloudEvents 1.0 names. Names that CloudEvents does not define, such as `sequence`, are
 * extensions: lower-case letters and digits, with text values without control characters.
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
export const toCloudEvent = (event: RecordedEvent, source: string, names: EventNames): CloudEvent | undefined => {
  if (!isPublishable(event)) return undefined;
  const { type, data } = toPublished(event, names);
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

type PublishedEvent = { readonly type: PublishedType; readonly data: unknown };

type PublishableEvent = JobEvent | Exclude<RunEvent, { readonly type: 'ExecutionsExpired' }>;

/**
 * Returns whether an event is published. Events that only reserve names are internal. `ExecutionsExpired` is not published
 * because subscribers keep their own copies.
 */
const isPublishable = (event: RecordedEvent): event is RecordedEvent<PublishableEvent> =>
  isJobEvent(event) || (isRunEvent(event) && event.type !== 'ExecutionsExpired');

/** Converts an event into its published type and data, with every sealed value masked. */
const toPublished = (
  event: RecordedEvent<PublishableEvent>,
  { jobName, applicationName }: EventNames,
): PublishedEvent => {
  const { type, data } = withPublishedType(event);
  // A job has its own name.
  const names = isJobEvent(event) ? { applicationName } : { jobName, applicationName };
  return { type, data: maskSealed({ ...data, ...names }) };
};

/** The published type of each event, and what is published beside its fields. */
const PUBLISHED_AS = {
  JobCreated: ['scheduler.job.created'],
  JobUpdated: ['scheduler.job.updated', { change: 'updated' }],
  JobEnabled: ['scheduler.job.updated', { change: 'enabled' }],
  JobDisabled: ['scheduler.job.updated', { change: 'disabled' }],
  JobDeleted: ['scheduler.job.deleted'],
  DefinitionActivated: ['scheduler.job.definition.activated'],
  ExecutionRequested: ['scheduler.job.execution.requested', { status: 'pending' }],
  ExecutionStarted: ['scheduler.job.execution.started', { status: 'running' }],
  CallAccepted: ['scheduler.job.execution.accepted'],
  WorkOffered: ['scheduler.job.execution.offered', { status: 'pending' }],
  WorkTaken: ['scheduler.job.execution.taken', { status: 'running' }],
  HeartbeatReceived: ['scheduler.job.execution.heartbeat'],
  CancelRequested: ['scheduler.job.execution.cancel.requested'],
  ExecutionAttemptFailed: ['scheduler.job.execution.attempt.failed', { status: 'pending' }],
  ExecutionSucceeded: ['scheduler.job.execution.succeeded', { status: 'succeeded' }],
  ExecutionFailed: ['scheduler.job.execution.failed', { status: 'failed' }],
  ExecutionCancelled: ['scheduler.job.execution.cancelled', { status: 'cancelled' }],
  HookAttempted: ['scheduler.job.execution.hook.attempted'],
  OccurrencesSkipped: ['scheduler.job.occurrences.skipped'],
  OccurrencesMissed: ['scheduler.job.occurrences.missed'],
  BackfillRequested: ['scheduler.job.backfill.requested'],
  BackfillCancelled: ['scheduler.job.backfill.cancelled'],
} as const satisfies Record<PublishableEvent['type'], readonly [type: PublishedType, more?: object]>;

/** Fields that are internal to the service. */
const INTERNAL: ReadonlySet<string> = new Set([
  ...['tail', 'scheduleSince', 'tokenHash', 'takeHash', 'input', 'inputRevision', 'hasHook', 'offers'],
  ...['work', 'leaseMs', 'deadlineMs', 'slots'],
]);

const publicFields = (event: RecordedEvent<PublishableEvent>): object => {
  const id = isJobEvent(event) ? 'jobId' : 'executionId';
  const fields = Object.entries(event.data).filter(([name]) => !INTERNAL.has(name));
  return Object.fromEntries(fields.map(([name, value]) => [name === id ? 'id' : name, value]));
};

const withPublishedType = (event: RecordedEvent<PublishableEvent>): PublishedEvent & { readonly data: object } => {
  const [type, more] = PUBLISHED_AS[event.type];
  const data = { ...publicFields(event), ...more };
  if (isJobEvent(event)) return { type, data: { ...data, revision: event.revision } };
  if (event.type !== 'ExecutionStarted') return { type, data };
  return { type, data: { ...data, startedAt: toInstant(Math.max(dueOfMs(event.data, undefined), event.recordedAt)) } };
};

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
