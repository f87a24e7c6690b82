import { z } from 'zod';
import {
  AnySnapshot,
  BackfillEnd,
  CancelReason,
  ExecutionError,
  HookCall,
  LateReason,
  RangeReason,
  Reprocess,
  Trigger,
} from '../domain/events/index.ts';
import { HTTP_TASK, HttpResult, HttpSnapshot } from '../domain/tasks/http/stored.ts';
import { ofAnyKind } from '../domain/tasks/stored.ts';
import { WORKER_TASK, WorkerResult, WorkerSnapshot } from '../domain/tasks/worker/stored.ts';
import { ApplicationId, BackfillId, ExecutionId, Instant, JobId, Sealed, Tenant } from '../domain/values.ts';

// Replaces schemas of the log that JSON Schema can not express: any JSON value.
const Snapshot = ofAnyKind(AnySnapshot, {
  [HTTP_TASK]: { ...HttpSnapshot.shape, body: z.json().optional() },
  [WORKER_TASK]: { ...WorkerSnapshot.shape, input: z.json().optional() },
});
const SealedOrJson = z.union([Sealed, z.json()]);
const Result = ofAnyKind(z.object({}), {
  [HTTP_TASK]: { ...HttpResult.shape, data: SealedOrJson },
  [WORKER_TASK]: { ...WorkerResult.shape, data: SealedOrJson },
});

const ofJob = {
  tenant: Tenant,
  applicationId: ApplicationId,
  /** Present like the job's name; absent if the log no longer has it. */
  applicationName: z.string().optional(),
  jobId: JobId,
  jobName: z.string().optional(),
};

/** An execution as the API shows it. */
const execution = {
  id: ExecutionId,
  ...ofJob,
  trigger: Trigger,
  scheduledAt: Instant,
  /** When its slot was due, if a calendar moved it. */
  dueAt: Instant.optional(),
  createdAt: Instant,
  createdBy: z.string().optional(),
  labels: z.record(z.string(), z.string()).optional(),
  rerunOf: ExecutionId.optional(),
  backfillId: BackfillId.optional(),
  /** Revision of the definition to use; if absent, the newest. */
  definitionRevision: z.int().optional(),
};

export const ExecutionRequestedData = z.object({ ...execution, status: z.literal('pending') });

/** Published once for each attempt. */
export const ExecutionStartedData = z.object({
  ...execution,
  status: z.literal('running'),
  attempt: z.int(),
  engineId: z.string(),
  startedAt: Instant,
  jobRevision: z.int(),
  /** Why the slot is called more than 1 s after it was due, if that is already known. */
  late: LateReason.optional(),
});

export const CallAcceptedData = z.object({
  ...execution,
  attempt: z.int(),
  startedAt: Instant,
  late: LateReason.optional(),
  deadlineAt: Instant,
  jobSnapshot: Snapshot.optional(),
});
export const WorkOfferedData = z.object({
  ...execution,
  status: z.literal('pending'),
  attempt: z.int(),
  offeredAt: Instant,
  /** The queue, such as `queue:4/reports`. */
  to: z.string(),
  /** The work is withdrawn after this time. */
  expiresAt: Instant.optional(),
  jobSnapshot: Snapshot,
});
export const WorkTakenData = z.object({
  ...execution,
  status: z.literal('running'),
  attempt: z.int(),
  takenAt: Instant,
  worker: z.string(),
  deadlineAt: Instant,
  /** Why the work was taken more than 1 s after its slot was due. */
  late: LateReason.optional(),
});
export const HeartbeatReceivedData = z.object({ ...execution, attempt: z.int(), progress: z.json().optional() });

export const CancelRequestedData = z.object({ ...execution, attempt: z.int(), reason: CancelReason });

const outcome = {
  ...execution,
  attempt: z.int(),
  /** When the request was sent; absent if none was sent. */
  startedAt: Instant.optional(),
  /** Why the request was sent more than 1 s after its slot was due. */
  late: LateReason.optional(),
  finishedAt: Instant,
  jobSnapshot: Snapshot.optional(),
};

const failure = { error: ExecutionError, result: Result.optional(), reason: z.string().optional() };

/** The execution is pending, and its next attempt is made at `retryAt`. */
export const ExecutionAttemptFailedData = z.object({
  ...outcome,
  status: z.literal('pending'),
  ...failure,
  retryAt: Instant,
});
export const ExecutionSucceededData = z.object({ ...outcome, status: z.literal('succeeded'), result: Result });
export const ExecutionFailedData = z.object({ ...outcome, status: z.literal('failed'), ...failure });
export const ExecutionCancelledData = z.object({ ...outcome, status: z.literal('cancelled'), error: ExecutionError });

/** A hook call, published after each attempt. */
export const HookAttemptedData = z.object({ ...execution, hook: HookCall });

/** From `from` on, this revision of the job definition applies. Every earlier slot is settled. */
export const DefinitionActivatedData = z.object({ ...ofJob, jobRevision: z.int(), from: Instant });

/** Slots in (after, until] that were settled without a call. */
export const OccurrencesData = z.object({
  ...ofJob,
  jobRevision: z.int(),
  after: Instant,
  until: Instant,
  first: Instant,
  last: Instant,
  /** The number of slots; absent above 10,000. */
  count: z.int().optional(),
  reason: RangeReason,
});

/** Slots after `from` and up to `to` are called beside the schedule; `total` is their number. */
export const BackfillRequestedData = z.object({
  ...ofJob,
  backfillId: BackfillId,
  from: Instant,
  to: Instant,
  reprocess: Reprocess,
  parallel: z.int(),
  total: z.int(),
  createdAt: Instant,
  createdBy: z.string(),
  reason: z.string().optional(),
});

/** The backfill's remaining slots are not called; `count` is their number. */
export const BackfillCancelledData = z.object({
  ...ofJob,
  backfillId: BackfillId,
  count: z.int(),
  reason: BackfillEnd,
});
