import { z } from 'zod';
import { Duration } from '../duration-input.ts';
import { ApplicationId, BackfillId, ExecutionId, Instant, JobId, OperationId, PauseId, Tenant } from '../values.ts';
import { Actor } from './metadata.ts';
import { EXECUTION_STATUSES, Trigger } from './run-events.ts';

export const JOB_ACTIONS = ['enable', 'disable', 'trigger', 'label', 'delete'] as const;
export const EXECUTION_ACTIONS = ['rerun', 'cancel'] as const;
export type BulkAction = (typeof JOB_ACTIONS)[number] | (typeof EXECUTION_ACTIONS)[number];

/** What will become of a job; `jobStateOf` says which of them is so. */
export const JOB_STATES = ['active', 'disabled', 'paused', 'blocked', 'failing', 'completed', 'parked'] as const;

/** Which jobs an operation takes: those that match every field. `all` stands alone, and takes every job. */
export const JobSelection = z.object({
  all: z.literal(true).exactOptional(),
  /** One of these. */
  jobIds: z.array(JobId).exactOptional(),
  applicationId: ApplicationId.exactOptional(),
  /** The name of the application. */
  application: z.string().exactOptional(),
  enabled: z.boolean().exactOptional(),
  /** Its name; with `*` for any text, and then in any case. */
  name: z.string().exactOptional(),
  /** A name of the target that it calls: a host, host:port or an origin. */
  target: z.string().exactOptional(),
  /** In one of these. */
  state: z.array(z.enum(JOB_STATES)).exactOptional(),
  labels: z.record(z.string(), z.string()).exactOptional(),
  taskType: z.string().exactOptional(),
  createdBy: z.string().exactOptional(),
  /** How its newest execution stands. */
  lastStatus: z.enum(EXECUTION_STATUSES).exactOptional(),
  /** Its last change was made under this. */
  correlationId: z.string().exactOptional(),
});
export type JobSelection = z.infer<typeof JobSelection>;

/** Which executions an operation takes: those that match every field. `all` stands alone, and takes every execution. */
export const ExecutionSelection = z.object({
  all: z.literal(true).exactOptional(),
  /** One of these. */
  executionIds: z.array(ExecutionId).exactOptional(),
  jobId: JobId.exactOptional(),
  backfillId: BackfillId.exactOptional(),
  /** The job's name now; with `*` for any text, and then in any case. */
  jobName: z.string().exactOptional(),
  applicationId: ApplicationId.exactOptional(),
  /** The name of the application. */
  application: z.string().exactOptional(),
  /** One of these. */
  status: z.array(z.enum(EXECUTION_STATUSES)).exactOptional(),
  errorCode: z.string().exactOptional(),
  /** Its error has these words. */
  errorText: z.string().exactOptional(),
  labels: z.record(z.string(), z.string()).exactOptional(),
  trigger: Trigger.exactOptional(),
  /** Created at or after. */
  from: Instant.exactOptional(),
  /** Created before. */
  to: Instant.exactOptional(),
});
export type ExecutionSelection = z.infer<typeof ExecutionSelection>;

/** What an operation does to what. */
export const BulkWork = z.discriminatedUnion('of', [
  z.object({
    of: z.literal('jobs'),
    action: z.enum(JOB_ACTIONS),
    filter: JobSelection,
    /** Of `label`: the labels that the jobs get; one that is null is taken away. */
    labels: z.record(z.string(), z.string().nullable()).exactOptional(),
    /** Of `trigger`: the time over which the jobs are triggered, one after another. */
    spread: Duration.exactOptional(),
  }),
  z.object({ of: z.literal('executions'), action: z.enum(EXECUTION_ACTIONS), filter: ExecutionSelection }),
]);
export type BulkWork = z.infer<typeof BulkWork>;

/** A job or an execution that an operation takes. */
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
/** Why an operation failed. */
export const OperationError = z.object({ code: z.enum(OPERATION_ERRORS), message: z.string() });
export type OperationError = z.infer<typeof OperationError>;

/** A change of many jobs or executions, which are taken one after another in the order of their creation. */
export const Operation = z.object({
  operationId: OperationId,
  tenant: Tenant,
  work: BulkWork,
  /** Only items of these applications, because the requesting token is bound to them. Absent: all. */
  applications: z.array(ApplicationId).exactOptional(),
  reason: z.string().optional(),
  /** The pause that keeps its jobs from being called until they are changed; absent where there is none. */
  pauseId: PauseId.exactOptional(),
  /** Every change that the operation makes is recorded under it, as made by `createdBy`. */
  correlationId: z.string(),
  /** W3C trace context of the request for it. */
  requestTrace: z.string().optional(),
  createdBy: Actor,
  /** What was created later is not taken. */
  createdAt: Instant,
  status: z.enum(OPERATION_STATUSES),
  updatedAt: Instant,
  /** How many matched when the operation began; absent where counting them took too long. */
  total: z.int().optional(),
  done: z.int(),
  /** How many were rejected, by the code of the rejection. */
  rejected: z.record(z.string(), z.int()),
  /** When the planned items are due, if the operation rests until then: it is spread over time or waits for a quota. */
  nextAt: Instant.exactOptional(),
  /** The last item that was planned. */
  cursor: z.object({ at: Instant, id: z.int() }).optional(),
  /** Those that are planned: each may have been changed already, and none of them is counted yet. */
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
/** Somebody cancelled it: nothing more is planned, and its end follows. */
export const OperationCancelled = z.object({ type: z.literal('OperationCancelled'), data: Operation });
export const OperationEnded = z.object({ type: z.literal('OperationEnded'), data: Operation });

export const OperationEvent = z.discriminatedUnion('type', [
  OperationRequested,
  OperationProgressed,
  OperationCancelled,
  OperationEnded,
]);
export type OperationEvent = z.infer<typeof OperationEvent>;
