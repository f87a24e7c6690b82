import { z } from 'zod';
import { CallResult, ExecutionError, JobSnapshot, LateReason, RangeReason, Trigger } from '../domain/events/index.ts';
import { ApplicationId, ExecutionId, Instant, JobId, Sealed, Tenant } from '../domain/values.ts';

// As JSON Schema has it: what the log's own schemas hold any JSON value against says nothing there.
const Snapshot = JobSnapshot.extend({ body: z.json().optional() });
const Result = CallResult.extend({ data: z.union([Sealed, z.json()]) });

const ofJob = { tenant: Tenant, applicationId: ApplicationId, jobId: JobId };

/** An execution as the API shows it. */
const execution = {
  id: ExecutionId,
  ...ofJob,
  trigger: Trigger,
  scheduledAt: Instant,
  createdAt: Instant,
  createdBy: z.string().optional(),
  labels: z.record(z.string(), z.string()).optional(),
};

export const ExecutionRequestedData = z.object({ ...execution, status: z.literal('pending') });

/** Said once an attempt. */
export const ExecutionStartedData = z.object({
  ...execution,
  status: z.literal('running'),
  attempt: z.int(),
  engineId: z.string(),
  startedAt: Instant,
  jobRevision: z.int(),
  /** Why the slot is called more than 1 s after it was due, where that is known by now. */
  late: LateReason.optional(),
});

const outcome = {
  ...execution,
  attempt: z.int(),
  /** When the request was sent; absent where none was. */
  startedAt: Instant.optional(),
  /** Why it was sent more than 1 s after its slot was due. */
  late: LateReason.optional(),
  finishedAt: Instant,
  jobSnapshot: Snapshot.optional(),
};

export const ExecutionSucceededData = z.object({ ...outcome, status: z.literal('succeeded'), result: Result });
export const ExecutionFailedData = z.object({
  ...outcome,
  status: z.literal('failed'),
  error: ExecutionError,
  result: Result.optional(),
  reason: z.string().optional(),
});
export const ExecutionCancelledData = z.object({ ...outcome, status: z.literal('cancelled'), error: ExecutionError });

/** From `from` on this revision of the job's definition binds; every slot before it is settled. */
export const DefinitionTakenData = z.object({ ...ofJob, jobRevision: z.int(), from: Instant });

/** Slots in (after, until] that were settled without a call. */
export const OccurrencesData = z.object({
  ...ofJob,
  jobRevision: z.int(),
  after: Instant,
  until: Instant,
  first: Instant,
  last: Instant,
  /** How many slots; absent above 10,000. */
  count: z.int().optional(),
  reason: RangeReason,
});
