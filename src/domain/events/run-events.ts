import { z } from 'zod';
import { HTTP_TASK } from '../tasks/http/stored.ts';
import { ofAnyKind, STORED_RESULTS, STORED_SNAPSHOTS, TaskType } from '../tasks/stored.ts';
import type { WORKER_TASK } from '../tasks/worker/stored.ts';
import {
  ApplicationId,
  BackfillId,
  ExecutionId,
  Instant,
  JobId,
  Json,
  MaybeSealed,
  Sealed,
  Tenant,
} from '../values.ts';
import { DeliveryProgress } from './delivery-fields.ts';
import { Hooks, Overlap, TimedSchedule } from './job-events.ts';
import { ActiveDefinition, ChosenSlots, ExpiredTotals, Expiry, Reprocess, WaitingBackfill } from './run-fields.ts';

export const TRIGGERS = ['schedule', 'manual', 'backfill', 'rerun'] as const;
export const Trigger = z.enum(TRIGGERS);
export type Trigger = z.infer<typeof Trigger>;

export const EXECUTION_STATUSES = ['pending', 'running', 'succeeded', 'failed', 'cancelled'] as const;
export type ExecutionStatus = (typeof EXECUTION_STATUSES)[number];

/** Reasons on the engine's side for calling slots late or not at all. */
const ENGINE_REASONS = ['ENGINE_DOWN', 'ENGINE_BEHIND', 'ENGINE_BUSY', 'PARKED'] as const;
export type EngineReason = (typeof ENGINE_REASONS)[number];

/** What a due slot waits for while an engine is available. */
export const WAIT_REASONS = ['OVERLAP', 'LIMIT'] as const;
export const WaitReason = z.enum(WAIT_REASONS);
export type WaitReason = z.infer<typeof WaitReason>;

/** Why all slots of a span are skipped, regardless of the job's rules. */
export const CLOSURE_REASONS = ['CALENDAR', 'PAUSED'] as const;
export type ClosureReason = (typeof CLOSURE_REASONS)[number];

/** Why a slot was claimed more than 1 s after its time. `CALENDAR`: a change of the calendar moved it into the past. */
const DELAY_REASONS = [...ENGINE_REASONS, ...WAIT_REASONS, ...CLOSURE_REASONS] as const;
const DelayReason = z.enum(DELAY_REASONS);
export type DelayReason = z.infer<typeof DelayReason>;

/** Why a slot was called more than 1 s after its time. */
export const LATE_REASONS = [...DELAY_REASONS, 'CONNECTION_SLOW', 'NO_WORKER'] as const;
export const LateReason = z.enum(LATE_REASONS);
export type LateReason = z.infer<typeof LateReason>;

/** Why slots were settled without a call. */
export const RANGE_REASONS = [
  ...ENGINE_REASONS,
  ...WAIT_REASONS,
  ...CLOSURE_REASONS,
  'TOO_LATE',
  'MAX_RUNS',
  'EDITED',
  'DISABLED',
  'DELETED',
] as const;
export const RangeReason = z.enum(RANGE_REASONS);
export type RangeReason = z.infer<typeof RangeReason>;

/** Why a slot was not called: the reason of its range, or because its execution was cancelled first. */
export const NOT_CALLED_REASONS = [...RANGE_REASONS, 'CANCELLED'] as const;
export type NotCalledReason = (typeof NOT_CALLED_REASONS)[number];

/** Why a claimed slot was not called, which makes its execution `SUPERSEDED`. */
export const SupersededReason = z.enum([
  ...CLOSURE_REASONS,
  'PARKED',
  'EDITED',
  'DISABLED',
  'DELETED',
] as const satisfies readonly RangeReason[]);
export type SupersededReason = z.infer<typeof SupersededReason>;

/** Why a running execution is cancelled. */
export const CancelReason = z.enum(['CANCELLED', 'REPLACED']);
export type CancelReason = z.infer<typeof CancelReason>;

/** An execution without an outcome. */
export const OpenExecution = z.object({
  executionId: ExecutionId,
  attempt: z.int(),
  /**
   * `offered`: a worker can take the work. `awaiting`: the target responded with 202, or a worker took the work, and will
   * report the result later.
   */
  state: z.enum(['pending', 'running', 'offered', 'awaiting']),
  trigger: Trigger,
  scheduledAt: Instant,
  /** When its slot was due, if a calendar moved it. */
  dueAt: Instant.optional(),
  createdAt: Instant,
  createdBy: z.string().optional(),
  /** W3C trace context of the request. */
  requestTrace: z.string().optional(),
  /** Overlap policy of this run, in place of the job's. */
  overlap: Overlap.optional(),
  /** Called even if the job is paused. */
  forced: z.literal(true).optional(),
  /** Incarnation of the engine that runs it. */
  engineId: z.string().optional(),
  /** Claimed before the schedule last changed: the tail's `runs` does not count it. */
  uncounted: z.literal(true).optional(),
  /** What a pending execution of a slot waits for. */
  waitsFor: WaitReason.optional(),
  /** A late slot of the tail's `catchUp`. */
  catchUp: z.literal(true).optional(),
  /** SHA-256, hex, of the token with which the target of this attempt reports the result. */
  tokenHash: z.string().optional(),
  /** Its engine calls no target: it offers the work. */
  offers: z.literal(true).optional(),
  /** Offered work is withdrawn after this time. */
  expiresAt: Instant.optional(),
  /** A take after this time is late. */
  lateFrom: Instant.optional(),
  /** Why its offer or its take was late. */
  late: LateReason.optional(),
  /** How long a worker keeps the work without a heartbeat, ms: as it was offered, whatever has changed since. */
  leaseMs: z.int().optional(),
  /** The worker that took the work. */
  worker: z.string().optional(),
  /** SHA-256, hex, of the id of that take, which the worker repeats if it got no response. */
  takeHash: z.string().optional(),
  /** When the request was sent that the target accepted with 202, or the worker took the work. */
  acceptedAt: Instant.optional(),
  /** The execution fails at this time unless the target has reported a result. */
  deadlineAt: Instant.optional(),
  /** When the last heartbeat was recorded, or the call accepted, if heartbeats are required. */
  lastHeartbeatAt: Instant.optional(),
  /** The execution that this one repeats. */
  rerunOf: ExecutionId.optional(),
  backfillId: BackfillId.optional(),
  /** Revision of the definition to use; if absent, the newest. */
  definitionRevision: z.int().optional(),
  /** Revision of the request, in the stream of runs, with this run's input. */
  inputRevision: z.int().optional(),
  /** When the next attempt is made after a failed one; `attempt` still counts the failed one. */
  retryAt: Instant.optional(),
  /** When the first attempt started; kept after an attempt has failed. */
  firstStartedAt: Instant.optional(),
  /** Cancellation was requested: the engine that runs it ends its call. */
  cancelRequested: z.object({ at: Instant, reason: CancelReason }).optional(),
});
export type OpenExecution = z.infer<typeof OpenExecution>;

/** State of a job's runs. Each run event carries it, so the last event is enough for the next decision. */
export const RunTail = z.object({
  /** Revision of the active definition in the job's own stream; -1 before the first. */
  jobRevision: z.int(),
  /** Every slot up to here, inclusive, is settled. */
  cursor: Instant,
  /** Scheduled claims called since the schedule last changed. */
  runs: z.int(),
  open: z.array(OpenExecution),
  /** Late slots after `after` up to `until` that will still be called, although the cursor is past them. */
  catchUp: z.array(z.object({ after: Instant, until: Instant })).optional(),
  /** Failed executions in a row, for a job with `disableAfter`; absent if zero. */
  failuresInRow: z.int().optional(),
  /** Backfills with uncalled slots, oldest first. */
  backfills: z.array(WaitingBackfill).optional(),
  /** Up to when executions have expired; absent if none has. */
  expired: Expiry.optional(),
});
export type RunTail = z.infer<typeof RunTail>;

const ofJob = { tenant: Tenant, applicationId: ApplicationId, jobId: JobId, tail: RunTail };

const ofExecution = {
  ...ofJob,
  executionId: ExecutionId,
  trigger: Trigger,
  scheduledAt: Instant,
  /** When its slot was due, if a calendar moved it. */
  dueAt: Instant.optional(),
  createdAt: Instant,
  createdBy: z.string().optional(),
  labels: z.record(z.string(), z.string()).optional(),
  rerunOf: ExecutionId.optional(),
  backfillId: BackfillId.optional(),
  definitionRevision: z.int().optional(),
  inputRevision: z.int().optional(),
  /** Its work is offered to workers. */
  offers: z.literal(true).optional(),
};

/** Overrides of the job's settings for one run. Secrets are sealed like the job's. */
export const RunInput = z.object({
  body: z.union([Sealed, Json]).optional(),
  headers: z.record(z.string(), MaybeSealed).optional(),
  query: z.record(z.string(), MaybeSealed).optional(),
  /** In place of the input of a worker task. */
  task: z.object({ input: z.union([Sealed, Json]) }).optional(),
  /** Replace the application's variables of these names. */
  variables: z.record(z.string(), z.string()).optional(),
  overlap: Overlap.optional(),
});
export type RunInput = z.infer<typeof RunInput>;

/** From `from` on, this revision of the job's definition is active. Slots due before `from` are settled. */
export const DefinitionActivated = z.object({
  type: z.literal('DefinitionActivated'),
  data: z.object({ ...ofJob, jobRevision: z.int(), from: Instant }),
});

export const ExecutionRequested = z.object({
  type: z.literal('ExecutionRequested'),
  data: z.object({ ...ofExecution, input: RunInput.optional() }),
});

/** The claim: only the engine that appended it makes the call. */
export const ExecutionStarted = z.object({
  type: z.literal('ExecutionStarted'),
  data: z.object({
    ...ofExecution,
    attempt: z.int(),
    engineId: z.string(),
    jobRevision: z.int(),
    tokenHash: z.string().optional(),
    /** Why the slot is claimed more than 1 s after its time; the outcome's `late` also covers slow connections. */
    late: DelayReason.optional(),
  }),
});

/** A snapshot of a call of any kind of task. */
export const AnySnapshot = z.object({
  name: z.string(),
  pattern: z.string().optional(),
  schedule: TimedSchedule.optional(),
  timezone: z.string(),
  taskType: TaskType,
  resolvedParameters: z.array(z.object({ expression: z.string(), value: z.string(), at: z.string() })),
});

/** What was sent, without secrets. */
export const JobSnapshot = ofAnyKind(AnySnapshot, STORED_SNAPSHOTS);
export type JobSnapshot = z.infer<typeof JobSnapshot>;
export type HttpJobSnapshot = Extract<JobSnapshot, { taskType: typeof HTTP_TASK }>;
export type WorkerJobSnapshot = Extract<JobSnapshot, { taskType: typeof WORKER_TASK }>;

/** The target accepted the call with 202 and will report the result later. */
export const CallAccepted = z.object({
  type: z.literal('CallAccepted'),
  data: z.object({
    ...ofExecution,
    attempt: z.int(),
    startedAt: Instant,
    late: LateReason.optional(),
    deadlineAt: Instant,
    jobSnapshot: JobSnapshot.optional(),
  }),
});

/** What a worker gets of a task. */
export const OfferedWork = z.object({ task: z.string(), input: Json.optional() });
export type OfferedWork = z.infer<typeof OfferedWork>;

/** The work of an attempt was offered to workers. Nothing was done before; without this event, nothing ever is. */
export const WorkOffered = z.object({
  type: z.literal('WorkOffered'),
  data: z.object({
    ...ofExecution,
    attempt: z.int(),
    offeredAt: Instant,
    /** Name of the target, such as `queue:4/reports`. */
    to: z.string(),
    /** Its sealed JSON text if it has secrets or the job is confidential. */
    work: z.union([Sealed, OfferedWork]),
    /** How long a worker keeps it without a heartbeat, and how long it can work in all, ms. */
    leaseMs: z.int(),
    deadlineMs: z.int(),
    expiresAt: Instant.optional(),
    jobSnapshot: JobSnapshot,
  }),
});

/** A worker took offered work, and should report its end. */
export const WorkTaken = z.object({
  type: z.literal('WorkTaken'),
  data: z.object({
    ...ofExecution,
    attempt: z.int(),
    takenAt: Instant,
    worker: z.string(),
    takeHash: z.string(),
    tokenHash: z.string(),
    deadlineAt: Instant,
    late: LateReason.optional(),
  }),
});

/** The target of an accepted call, or the worker, sent a heartbeat. */
export const HeartbeatReceived = z.object({
  type: z.literal('HeartbeatReceived'),
  data: z.object({ ...ofExecution, attempt: z.int(), progress: Json.optional() }),
});

/** Cancellation of a running execution was requested. The engine that runs it ends the call and records the end. */
export const CancelRequested = z.object({
  type: z.literal('CancelRequested'),
  data: z.object({ ...ofExecution, attempt: z.int(), reason: CancelReason }),
});

export const ExecutionError = z.object({
  code: z.string(),
  message: z.string(),
  reason: SupersededReason.optional().meta({
    description: 'Only with the code `SUPERSEDED`: the reason why the slot was not called',
  }),
});
export type ExecutionError = z.infer<typeof ExecutionError>;

export const CallResult = ofAnyKind(z.object({}), STORED_RESULTS);
export type CallResult = z.infer<typeof CallResult>;
/** The status of a target's response; `undefined` without one. */
export const statusOf = (result: CallResult | undefined): number | undefined =>
  result?.taskType === HTTP_TASK ? result.status : undefined;
export type HttpCallResult = Extract<CallResult, { taskType: typeof HTTP_TASK }>;

const ofOutcome = {
  ...ofExecution,
  attempt: z.int(),
  /** When the request was sent; absent if none was. */
  startedAt: Instant.optional(),
  /** Why the request was sent more than 1 s after the slot's time. */
  late: LateReason.optional(),
  finishedAt: Instant,
  jobSnapshot: JobSnapshot.optional(),
};

/** An attempt failed and is retried at `retryAt`; until then the execution is pending. */
export const ExecutionAttemptFailed = z.object({
  type: z.literal('ExecutionAttemptFailed'),
  data: z.object({
    ...ofOutcome,
    error: ExecutionError,
    result: CallResult.optional(),
    reason: z.string().optional(),
    retryAt: Instant,
  }),
});
/** Whether a hook reports the end. */
const hasHook = z.literal(true).optional();
export const ExecutionSucceeded = z.object({
  type: z.literal('ExecutionSucceeded'),
  data: z.object({ ...ofOutcome, result: CallResult, hasHook }),
});
export const ExecutionFailed = z.object({
  type: z.literal('ExecutionFailed'),
  data: z.object({
    ...ofOutcome,
    error: ExecutionError,
    result: CallResult.optional(),
    reason: z.string().optional(),
    hasHook,
  }),
});
export const ExecutionCancelled = z.object({
  type: z.literal('ExecutionCancelled'),
  data: z.object({ ...ofOutcome, error: ExecutionError }),
});

/** Progress of the hook call that reports the end of one execution. */
export const HookCall = z.object({
  name: Hooks.keyof(),
  plannedAt: Instant,
  ...DeliveryProgress.shape,
});
export type HookCall = z.infer<typeof HookCall>;

/** A hook was called, or will not be called any more. */
export const HookAttempted = z.object({
  type: z.literal('HookAttempted'),
  data: z.object({ ...ofExecution, hook: HookCall }),
});

/** Slots of one definition in (after, until], settled without a call. */
const ofRange = {
  ...ofJob,
  jobRevision: z.int(),
  after: Instant,
  until: Instant,
  /** The first and the last slot of the range. */
  first: Instant,
  last: Instant,
  /** Number of slots; absent above 10,000. */
  count: z.int().optional(),
  reason: RangeReason,
};
export const OccurrencesSkipped = z.object({ type: z.literal('OccurrencesSkipped'), data: z.object(ofRange) });
export const OccurrencesMissed = z.object({ type: z.literal('OccurrencesMissed'), data: z.object(ofRange) });

/** Past slots will be called, each once, beside the schedule. */
export const BackfillRequested = z.object({
  type: z.literal('BackfillRequested'),
  data: z.object({
    ...ofJob,
    backfillId: BackfillId,
    /** Slots after `from` and up to `to` were considered. */
    from: Instant,
    to: Instant,
    reprocess: Reprocess,
    parallel: z.int().positive(),
    /** Number of slots to call. */
    total: z.int(),
    /** Which slots; absent if there are none. */
    slots: ChosenSlots.optional(),
    createdAt: Instant,
    createdBy: z.string(),
    reason: z.string().optional(),
  }),
});

/** Why a backfill's remaining slots are not called. */
export const BackfillEnd = z.enum(['CANCELLED', 'JOB_DELETED']);
export type BackfillEnd = z.infer<typeof BackfillEnd>;

export const BackfillCancelled = z.object({
  type: z.literal('BackfillCancelled'),
  data: z.object({
    ...ofJob,
    backfillId: BackfillId,
    /** Number of remaining slots. */
    count: z.int(),
    reason: BackfillEnd,
  }),
});

/**
 * Executions created before an instant have expired, and events before a revision are cut after this one. Carries what must
 * still be known of them and of everything that expired earlier.
 */
export const ExecutionsExpired = z.object({
  type: z.literal('ExecutionsExpired'),
  data: z.object({
    ...ofJob,
    before: Instant,
    /** Revision, in the stream of runs, of the first event that is kept. */
    keptFrom: z.int(),
    totals: ExpiredTotals,
    /** The definition that was active before the first kept event; absent if there was none. */
    activeDefinition: ActiveDefinition.optional(),
  }),
});

export const RunEvent = z.discriminatedUnion('type', [
  DefinitionActivated,
  ExecutionRequested,
  ExecutionStarted,
  CancelRequested,
  CallAccepted,
  WorkOffered,
  WorkTaken,
  HeartbeatReceived,
  ExecutionAttemptFailed,
  ExecutionSucceeded,
  ExecutionFailed,
  ExecutionCancelled,
  HookAttempted,
  OccurrencesSkipped,
  OccurrencesMissed,
  BackfillRequested,
  BackfillCancelled,
  ExecutionsExpired,
]);
export type RunEvent = z.infer<typeof RunEvent>;
