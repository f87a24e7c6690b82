import { isJobEvent, isRunEvent } from '../domain/events/families.ts';
import type { JobDefinition, JobEvent, RunEvent } from '../domain/events/index.ts';
import { maskSealed } from '../domain/redaction/index.ts';
import { toInstant, toMs } from '../domain/values.ts';
import type { RecordedEvent } from '../event-store/port.ts';
import type { PublishedType } from './published.ts';

/** The type of a message and its data. */
export type PublishedEvent = { readonly type: PublishedType; readonly data: unknown };

export type PublishableEvent = JobEvent | Exclude<RunEvent, { readonly type: 'ExecutionsExpired' }>;

/**
 * Tells whether an event is published. Events that only reserve names are internal, and `ExecutionsExpired` is not
 * published: subscribers keep their own copies.
 */
export const isPublishable = (event: RecordedEvent): event is RecordedEvent<PublishableEvent> =>
  isJobEvent(event) || (isRunEvent(event) && event.type !== 'ExecutionsExpired');

/** Converts an event into its published type and data, with every sealed value masked. */
export const toPublished = (event: RecordedEvent<PublishableEvent>): PublishedEvent => {
  const { type, data } = withPublishedType(event);
  return { type, data: maskSealed(data) };
};

const withPublishedType = (event: RecordedEvent<PublishableEvent>): PublishedEvent => {
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
    case 'DefinitionTaken':
      return { type: 'scheduler.job.definition.taken', data: withoutTail(event.data) };
    case 'ExecutionRequested':
      return { type: 'scheduler.job.execution.requested', data: { ...execution(event.data), status: 'pending' } };
    case 'ExecutionStarted': {
      const startedAt = toInstant(Math.max(toMs(event.data.scheduledAt), event.recordedAt));
      const data = { ...execution(event.data), status: 'running', startedAt };
      return { type: 'scheduler.job.execution.started', data };
    }
    case 'CallAccepted':
      return { type: 'scheduler.job.execution.accepted', data: execution(event.data) };
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
  T extends { readonly tail: unknown; readonly executionId: number; readonly tokenHash?: string | undefined },
>(
  data: T,
) => {
  const { executionId, tail: _, tokenHash: __, ...shown } = data;
  return { id: executionId, ...shown };
};
