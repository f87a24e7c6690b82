import {
  actorName,
  isJobEvent,
  isRunEvent,
  type JobDefinition,
  type JobEvent,
  type RunEvent,
} from '../domain/events/index.ts';
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

const withPublishedType = (event: RecordedEvent<PublishableEvent>): PublishedEvent & { readonly data: object } => {
  switch (event.type) {
    case 'JobCreated':
      return { type: 'scheduler.job.created', data: job(event) };
    case 'JobUpdated':
      return { type: 'scheduler.job.updated', data: { ...job(event), change: 'updated' } };
    case 'JobEnabled':
      return { type: 'scheduler.job.updated', data: { ...job(event), change: 'enabled' } };
    case 'JobDisabled':
      return { type: 'scheduler.job.updated', data: { ...job(event), change: 'disabled' } };
    case 'JobDeleted':
      return { type: 'scheduler.job.deleted', data: job(event) };
    case 'DefinitionActivated':
      return { type: 'scheduler.job.definition.activated', data: withoutTail(event.data) };
    case 'ExecutionRequested':
      return { type: 'scheduler.job.execution.requested', data: { ...execution(event.data), status: 'pending' } };
    case 'ExecutionStarted': {
      const startedAt = toInstant(Math.max(dueOfMs(event.data, undefined), event.recordedAt));
      const data = { ...execution(event.data), status: 'running', startedAt };
      return { type: 'scheduler.job.execution.started', data };
    }
    case 'CallAccepted':
      return { type: 'scheduler.job.execution.accepted', data: execution(event.data) };
    case 'WorkOffered': {
      const { work: _, leaseMs: __, deadlineMs: ___, ...shown } = execution(event.data);
      return { type: 'scheduler.job.execution.offered', data: { ...shown, status: 'pending' } };
    }
    case 'WorkTaken': {
      const { takeHash: _, ...shown } = execution(event.data);
      return { type: 'scheduler.job.execution.taken', data: { ...shown, status: 'running' } };
    }
    case 'HeartbeatReceived':
      return { type: 'scheduler.job.execution.heartbeat', data: execution(event.data) };
    case 'CancelRequested':
      return { type: 'scheduler.job.execution.cancel.requested', data: execution(event.data) };
    case 'ExecutionAttemptFailed':
      return { type: 'scheduler.job.execution.attempt.failed', data: { ...execution(event.data), status: 'pending' } };
    case 'ExecutionSucceeded':
      return { type: 'scheduler.job.execution.succeeded', data: { ...execution(event.data), status: 'succeeded' } };
    case 'ExecutionFailed':
      return { type: 'scheduler.job.execution.failed', data: { ...execution(event.data), status: 'failed' } };
    case 'ExecutionCancelled':
      return { type: 'scheduler.job.execution.cancelled', data: { ...execution(event.data), status: 'cancelled' } };
    case 'HookAttempted':
      return { type: 'scheduler.job.execution.hook.attempted', data: execution(event.data) };
    case 'OccurrencesSkipped':
      return { type: 'scheduler.job.occurrences.skipped', data: withoutTail(event.data) };
    case 'OccurrencesMissed':
      return { type: 'scheduler.job.occurrences.missed', data: withoutTail(event.data) };
    case 'BackfillRequested': {
      const { slots: _, ...shown } = withoutTail(event.data);
      return { type: 'scheduler.job.backfill.requested', data: shown };
    }
    case 'BackfillCancelled':
      return { type: 'scheduler.job.backfill.cancelled', data: withoutTail(event.data) };
  }
};

const job = ({ data, revision }: { data: JobDefinition; revision: number }) => {
  const { jobId, scheduleSince: _, ...shown } = data;
  return { id: jobId, revision, ...shown };
};

/** Removes the tail, which is internal to the engines. */
const withoutTail = <T extends { readonly tail: unknown }>({ tail: _, ...shown }: T): Omit<T, 'tail'> => shown;

const execution = <
  T extends {
    readonly tail: unknown;
    readonly executionId: number;
    readonly tokenHash?: string | undefined;
    readonly input?: unknown;
    readonly inputRevision?: number | undefined;
    readonly hasHook?: true | undefined;
    readonly offers?: true | undefined;
  },
>(
  data: T,
) => {
  const { executionId, tail: _, tokenHash: __, input: ___, inputRevision: ____, hasHook: _____, ...others } = data;
  const { offers: ______, ...shown } = others;
  return { id: executionId, ...shown };
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
