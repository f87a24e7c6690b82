import { z } from 'zod';
import { Duration } from '../duration-input.ts';
import { ApplicationId, BackfillId, ExecutionId, Instant, JobId, OperationId, PauseId, Tenant } from '../values.ts';
import { Actor } from './metadata.ts';
import { EXECUTION_STATUSES, Trigger } from './run-events.ts';

export const JOB_ACTIONS = ['enable', 'disable', 'trigger', 'label', 'delete'] as const;
export const EXECUTION_ACTIONS = ['rerun', 'cancel'] as const;
export type BulkAction = (typeof JOB_ACTIONS)[number] | (typeof EXECUTION_ACTIONS)[number];

/** A job's prospects; `jobStateOf` derives which one applies. */
export const JOB_STATES = ['active', 'disabled', 'paused', 'blocked', 'failing', 'completed', 'parked'] as const;

/** Selects jobs that match every field. `all` is used alone and selects every job. */
export const JobSelection = z.object({
  all: z.literal(true).exactOptional(),
  jobIds: z.array(JobId).exactOptional(),
  applicationId: ApplicationId.exactOptional(),
  /** Name of the application. */
  application: z.string().exactOptional(),
  enabled: z.boolean().exactOptional(),
  /** Name of the job; `*` matches any text and makes the match case-insensitive. */
  name: z.string().exactOptional(),
  /** Target that the job calls: a host, host:port or an origin. */
  target: z.string().exactOptional(),
  state: z.array(z.enum(JOB_STATES)).exactOptional(),
  labels: z.record(z.string(), z.string()).exactOptional(),
  taskType: z.string().exactOptional(),
  createdBy: z.string().exactOptional(),
  /** Status of the newest execution. */
  lastStatus: z.enum(EXECUTION_STATUSES).exactOptional(),
  /** Correlation id of the last change. */
  correlationId: z.string().exactOptional(),
});
export type JobSelection = z.infer<typeof JobSelection>;

/** Selects executions that match every field. `all` is used alone and selects every execution. */
export const ExecutionSelection = z.object({
  all: z.literal(true).exactOptional(),
  executionIds: z.array(ExecutionId).exactOptional(),
  jobId: JobId.exactOptional(),
  backfillId: BackfillId.exactOptional(),
  /** Current name of the job; `*` matches any text and makes the match case-insensitive. */
  jobName: z.string().exactOptional(),
  applicationId: ApplicationId.exactOptional(),
  /** Name of the application. */
  application: z.string().exactOptional(),
  status: z.array(z.enum(EXECUTION_STATUSES)).exactOptional(),
  errorCode: z.string().exactOptional(),
  /** Words in its error. */
  errorText: z.string().exactOptional(),
  labels: z.record(z.string(), z.string()).exactOptional(),
  trigger: Trigger.exactOptional(),
  /** The worker that took its work last. */
  worker: z.string().exactOptional(),
  /** Created at or after. */
  from: Instant.exactOptional(),
  /** Created before. */
  to: Instant.exactOptional(),
});
export type ExecutionSelection = z.infer<typeof ExecutionSelection>;

export const BulkWork = z.discriminatedUnion('of', [
  z.object({
    of: z.literal('jobs'),
    action: z.enum(JOB_ACTIONS),
    filter: JobSelection,
    /** For `label`: the labels to set; null removes one. */
    labels: z.record(z.string(), z.string().nullable()).exactOptional(),
    /** For `trigger`: the time over which the jobs are triggered, one after another. */
    spread: Duration.exactOptional(),
  }),
  z.object({ of: z.literal('executions'), action: z.enum(EXECUTION_ACTIONS), filter: ExecutionSelection }),
]);
export type BulkWork = z.infer<typeof BulkWork>;

/** A job or execution that an operation processes. */
export const BulkItem = z.discriminatedUnion('of', [
  z.object({ of: z.literal('job'), jobId: JobId }),
  z.object({
    of: z.literal('execution'),
    executionId: ExecutionId,
    jobId: JobId,
    scheduledAt: Instant,
    inputRevision: z.int().optional(),
  }),
]);
export type BulkItem = z.infer<typeof BulkItem>;

export const OPERATION_STATUSES = ['pending', 'running', 'cancelling', 'completed', 'cancelled', 'failed'] as const;

export const OPERATION_ERRORS = ['INTERRUPTED', 'QUERY_TOO_SLOW'] as const;
export type OperationErrorCode = (typeof OPERATION_ERRORS)[number];
export const OperationError = z.object({ code: z.enum(OPERATION_ERRORS), message: z.string() });
export type OperationError = z.infer<typeof OperationError>;

/** A change of many jobs or executions, processed one after another in order of creation. */
export const Operation = z.object({
  operationId: OperationId,
  tenant: Tenant,
  work: BulkWork,
  /** Only items of these applications, because the requesting token is limited to them; if absent, all. */
  applications: z.array(ApplicationId).exactOptional(),
  reason: z.string().optional(),
  /** The pause that blocks its jobs until they are changed; absent if there is none. */
  pauseId: PauseId.exactOptional(),
  /** Correlation id of every change of the operation; `createdBy` is their actor. */
  correlationId: z.string(),
  /** W3C trace context of the request. */
  requestTrace: z.string().optional(),
  createdBy: Actor,
  /** Items created later are excluded. */
  createdAt: Instant,
  status: z.enum(OPERATION_STATUSES),
  updatedAt: Instant,
  /** Number of matches when the operation began; absent if counting took too long. */
  total: z.int().optional(),
  done: z.int(),
  /** Number of rejected items by code. */
  rejected: z.record(z.string(), z.int()),
  /** When the planned items are due, if the operation is spread over time or waits for a quota. */
  nextAt: Instant.exactOptional(),
  cursor: z.object({ at: Instant, id: z.int() }).optional(),
  /** Planned items: each may already be changed, and none is counted yet. */
  planned: z.array(BulkItem),
  cancelledAt: Instant.optional(),
  cancelledBy: z.string().optional(),
  endedAt: Instant.optional(),
  error: OperationError.optional(),
});
export type Operation = z.infer<typeof Operation>;

/** Each carries the operation after the change. */
export const OperationRequested = z.object({ type: z.literal('OperationRequested'), data: Operation });
/** Items were changed or rejected, and the next ones are planned. */
export const OperationProgressed = z.object({ type: z.literal('OperationProgressed'), data: Operation });
/** The operation was cancelled: nothing more is planned, and its end follows. */
export const OperationCancelled = z.object({ type: z.literal('OperationCancelled'), data: Operation });
export const OperationEnded = z.object({ type: z.literal('OperationEnded'), data: Operation });

export const OperationEvent = z.discriminatedUnion('type', [
  OperationRequested,
  OperationProgressed,
  OperationCancelled,
  OperationEnded,
]);
export type OperationEvent = z.infer<typeof OperationEvent>;
