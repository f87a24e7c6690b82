import { z } from 'zod';
import { ofAnyKind, STORED_RESULTS, STORED_SNAPSHOTS, TaskType } from '../tasks/stored.ts';
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
import { Hooks, Overlap, TimedSchedule } from './job-fields.ts';
import { ActiveDefinition, ChosenSlots, ExpiredTotals, Expiry, Reprocess, WaitingBackfill } from './run-fields.ts';

export const TRIGGERS = ['schedule', 'manual', 'backfill', 'rerun'] as const;
export const Trigger = z.enum(TRIGGERS);
export type Trigger = z.infer<typeof Trigger>;

export const EXECUTION_STATUSES = ['pending', 'running', 'succeeded', 'failed', 'cancelled'] as const;
export type ExecutionStatus = (typeof EXECUTION_STATUSES)[number];

/** Why the engine called slots late, or not at all. */
const ENGINE_REASONS = ['ENGINE_DOWN', 'ENGINE_BEHIND', 'ENGINE_BUSY', 'PARKED'] as const;
export type EngineReason = (typeof ENGINE_REASONS)[number];

/** What a slot waits for although it is due and an engine is there. */
export const WAIT_REASONS = ['OVERLAP', 'LIMIT'] as const;
export const WaitReason = z.enum(WAIT_REASONS);
export type WaitReason = z.infer<typeof WaitReason>;

/** Why a slot was claimed more than 1 s after it was due. */
const DELAY_REASONS = [...ENGINE_REASONS, ...WAIT_REASONS, 'PAUSED'] as const;
const DelayReason = z.enum(DELAY_REASONS);
export type DelayReason = z.infer<typeof DelayReason>;

/** Why a slot was called more than 1 s after it was due. */
export const LATE_REASONS = [...DELAY_REASONS, 'CONNECTION_SLOW'] as const;
export const LateReason = z.enum(LATE_REASONS);
export type LateReason = z.infer<typeof LateReason>;

/** Why all slots of a span are skipped, whatever the job's rules say. */
export const CLOSURE_REASONS = ['CALENDAR', 'PAUSED'] as const;
export type ClosureReason = (typeof CLOSURE_REASONS)[number];

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

/** Why a slot was not called: for the reason of its range, or because its execution was cancelled first. */
export const NOT_CALLED_REASONS = [...RANGE_REASONS, 'CANCELLED'] as const;
export type NotCalledReason = (typeof NOT_CALLED_REASONS)[number];

/** Why a slot that was claimed was not called after all, which makes its execution `SUPERSEDED`. */
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

/** An execution that has no outcome yet. */
export const OpenExecution = z.object({
  executionId: ExecutionId,
  attempt: z.int(),
  /** `awaiting`: the call was answered with 202, and the target says later how it ended. */
  state: z.enum(['pending', 'running', 'awaiting']),
  trigger: Trigger,
  scheduledAt: Instant,
  createdAt: Instant,
  createdBy: z.string().optional(),
  /** W3C trace context of the request that asked for it. */
  requestTrace: z.string().optional(),
  /** What becomes of it beside another one, in place of what its job says. */
  overlap: Overlap.optional(),
  /** It is called although its job is paused. */
  forced: z.literal(true).optional(),
  /** The incarnation of the engine that runs it. */
  engineId: z.string().optional(),
  /** It was claimed before the schedule last changed, so the tail's `runs` does not count it. */
  uncounted: z.literal(true).optional(),
  /** What a pending execution of a slot waits for. */
  waitsFor: WaitReason.optional(),
  /** A late slot of the tail's `catchUp`. */
  catchUp: z.literal(true).optional(),
  /** Of the token with which the target of this attempt says how it ended: SHA-256, hex. */
  tokenHash: z.string().optional(),
  /** When the request was sent that the target took with 202. */
  acceptedAt: Instant.optional(),
  /** When it fails unless the target has said by then how it ended. */
  deadlineAt: Instant.optional(),
  /** When its last heartbeat was recorded; when it took the call, where it has to be heard of from time to time. */
  lastHeartbeatAt: Instant.optional(),
  /** The execution that this one repeats. */
  rerunOf: ExecutionId.optional(),
  /** The backfill that it is of. */
  backfillId: BackfillId.optional(),
  /** Revision of the definition to call by; without it, the newest. */
  definitionRevision: z.int().optional(),
  /** Revision, in the stream of runs, of the request that says what this run sends in place of what the job says. */
  inputRevision: z.int().optional(),
  /** When its next attempt is made, after one that failed; `attempt` is still that one. */
  retryAt: Instant.optional(),
  /** When its first attempt started; kept once an attempt has failed. */
  firstStartedAt: Instant.optional(),
  /** It is to be cancelled: the engine that runs it ends its call. */
  cancelRequested: z.object({ at: Instant, reason: CancelReason }).optional(),
});
export type OpenExecution = z.infer<typeof OpenExecution>;

/** The state of a job's runs. Each run event carries it, so the last event is enough for the next decision. */
export const RunTail = z.object({
  /** Revision, in the job's own stream, of the definition in force; -1 before the first. */
  jobRevision: z.int(),
  /** Every slot up to here, inclusive, is settled. */
  cursor: Instant,
  /** Scheduled claims that were called since the schedule last changed. */
  runs: z.int(),
  open: z.array(OpenExecution),
  /** Late slots after `after` up to `until` that are still to be called, though the cursor is past them. */
  catchUp: z.array(z.object({ after: Instant, until: Instant })).optional(),
  /** Executions that failed in a row, for a job with `disableAfter`; absent for none. */
  failuresInRow: z.int().optional(),
  /** Backfills of which slots are still to be called, oldest first. */
  backfills: z.array(WaitingBackfill).optional(),
  /** Up to when executions have expired; absent where none has. */
  expired: Expiry.optional(),
});
export type RunTail = z.infer<typeof RunTail>;

const ofJob = { tenant: Tenant, applicationId: ApplicationId, jobId: JobId, tail: RunTail };

const ofExecution = {
  ...ofJob,
  executionId: ExecutionId,
  trigger: Trigger,
  scheduledAt: Instant,
  createdAt: Instant,
  createdBy: z.string().optional(),
  labels: z.record(z.string(), z.string()).optional(),
  rerunOf: ExecutionId.optional(),
  backfillId: BackfillId.optional(),
  definitionRevision: z.int().optional(),
  inputRevision: z.int().optional(),
};

/** What holds for one run in place of what its job says. Secrets are sealed as those of the job are. */
export const RunInput = z.object({
  body: z.union([Sealed, Json]).optional(),
  headers: z.record(z.string(), MaybeSealed).optional(),
  query: z.record(z.string(), MaybeSealed).optional(),
  /** In place of the application's variables of these names. */
  variables: z.record(z.string(), z.string()).optional(),
  /** What becomes of the run beside another one. */
  overlap: Overlap.optional(),
});
export type RunInput = z.infer<typeof RunInput>;

/** From `from` on, this revision of the job's definition is in force. Slots due before `from` are settled. */
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
    /** Incarnation of the engine that claimed. */
    engineId: z.string(),
    jobRevision: z.int(),
    tokenHash: z.string().optional(),
    /** Why the slot is claimed more than 1 s after it was due; the outcome's `late` also covers slow connections. */
    late: DelayReason.optional(),
  }),
});

/** Of a call of any kind of task. */
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

/** The target has taken the call, with 202, and is to say later how it ended. */
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

/** The target of an accepted call says that it is still at work. */
export const HeartbeatReceived = z.object({
  type: z.literal('HeartbeatReceived'),
  data: z.object({ ...ofExecution, attempt: z.int(), progress: Json.optional() }),
});

/** A running execution is to be cancelled. The engine that runs it ends the call and records how it ended. */
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

const ofOutcome = {
  ...ofExecution,
  attempt: z.int(),
  /** When the request was sent; absent where none was. */
  startedAt: Instant.optional(),
  /** Why the request was sent more than 1 s after its slot was due. */
  late: LateReason.optional(),
  finishedAt: Instant,
  jobSnapshot: JobSnapshot.optional(),
};

/** An attempt failed, and is made again at `retryAt`: until then the execution is pending. */
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
/** Whether a hook is to tell of the end. */
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

/** How far it is with the call that a hook makes of the end of one execution. */
export const HookCall = z.object({
  name: Hooks.keyof(),
  /** When the execution ended. */
  plannedAt: Instant,
  ...DeliveryProgress.shape,
});
export type HookCall = z.infer<typeof HookCall>;

/** A hook was called, or is not to be called any more. */
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
  /** How many slots; absent above 10,000. */
  count: z.int().optional(),
  reason: RangeReason,
};
export const OccurrencesSkipped = z.object({ type: z.literal('OccurrencesSkipped'), data: z.object(ofRange) });
export const OccurrencesMissed = z.object({ type: z.literal('OccurrencesMissed'), data: z.object(ofRange) });

/** Slots of the past are to be called, each once, beside the schedule. */
export const BackfillRequested = z.object({
  type: z.literal('BackfillRequested'),
  data: z.object({
    ...ofJob,
    backfillId: BackfillId,
    /** The slots after `from` and up to `to` were looked at. */
    from: Instant,
    to: Instant,
    reprocess: Reprocess,
    parallel: z.int().positive(),
    /** How many slots are to be called. */
    total: z.int(),
    /** Which ones; absent where there are none. */
    slots: ChosenSlots.optional(),
    createdAt: Instant,
    createdBy: z.string(),
    reason: z.string().optional(),
  }),
});

/** Why the slots of a backfill that are still to be called are not called any more. */
export const BackfillEnd = z.enum(['CANCELLED', 'JOB_DELETED']);
export type BackfillEnd = z.infer<typeof BackfillEnd>;

/** A backfill was cancelled; its remaining slots are not called. */
export const BackfillCancelled = z.object({
  type: z.literal('BackfillCancelled'),
  data: z.object({
    ...ofJob,
    backfillId: BackfillId,
    /** How many slots were still to be called. */
    count: z.int(),
    reason: BackfillEnd,
  }),
});

/**
 * The executions that were created before an instant have expired, and the events before a revision are cut after this
 * one. It says of both what is still to be known, and of all that expired earlier too.
 */
export const ExecutionsExpired = z.object({
  type: z.literal('ExecutionsExpired'),
  data: z.object({
    ...ofJob,
    before: Instant,
    /** Revision, in the stream of runs, of the first event that is kept. */
    keptFrom: z.int(),
    totals: ExpiredTotals,
    /** The definition that was in force before the first event that is kept; absent where none was. */
    activeDefinition: ActiveDefinition.optional(),
  }),
});

export const RunEvent = z.discriminatedUnion('type', [
  DefinitionActivated,
  ExecutionRequested,
  ExecutionStarted,
  CancelRequested,
  CallAccepted,
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
