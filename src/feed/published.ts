import { z } from 'zod';
import {
  AnyJob,
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
import { HTTP_TASK, HttpResult, HttpSnapshot, httpConfigWith } from '../domain/tasks/http/stored.ts';
import { ofAnyKind } from '../domain/tasks/stored.ts';
import { WORKER_TASK, WorkerResult, WorkerSnapshot, workerConfigWith } from '../domain/tasks/worker/stored.ts';
import {
  ApplicationId,
  BackfillId,
  ExecutionId,
  Instant,
  JobId,
  MaybeSealed,
  Sealed,
  Tenant,
} from '../domain/values.ts';
import { TOPICS, type Topic } from './topics.ts';

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

/** Slots in (after, until] that were settled without a call. */
const OccurrencesData = z.object({
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

const PUBLISHED_TASKS = {
  [HTTP_TASK]: { taskConfig: httpConfigWith(MaybeSealed, SealedOrJson) },
  [WORKER_TASK]: { taskConfig: workerConfigWith(SealedOrJson) },
};

/** A job as the API shows it, except that it names the application by its id and name. */
const AnyPublishedJob = AnyJob.omit({ jobId: true, scheduleSince: true }).extend({
  id: JobId,
  applicationName: z.string().optional(),
  /** The revision of the job definition; the API returns it as the ETag. */
  revision: z.int(),
});
const PublishedJob = ofAnyKind(AnyPublishedJob, PUBLISHED_TASKS);

type Publication = {
  /** A description for the published contract. */
  readonly summary: string;
  /** The schema before sealed values are masked. `publishedSchema` gives the one for readers. */
  readonly data: z.ZodType;
  /** The topics it is written to, in this order. */
  readonly topics: readonly Topic[];
};

const { created, updated, deleted, started, succeeded, failed, events, state } = TOPICS;

/** All published messages by their CloudEvents type. */
export const PUBLISHED = {
  'scheduler.job.created': {
    summary: 'A job was created.',
    data: PublishedJob,
    topics: [created, events, state],
  },
  'scheduler.job.updated': {
    summary: 'A job was updated, enabled or disabled; `change` states which.',
    data: ofAnyKind(AnyPublishedJob.extend({ change: z.enum(['updated', 'enabled', 'disabled']) }), PUBLISHED_TASKS),
    topics: [updated, events, state],
  },
  'scheduler.job.deleted': {
    summary: 'A job was deleted. The data is its last definition.',
    data: PublishedJob,
    topics: [deleted, events, state],
  },
  'scheduler.job.definition.activated': {
    summary: "From this instant on, this revision of the job's definition determines its slots.",
    /** From `from` on, this revision of the job definition applies. Every earlier slot is settled. */
    data: z.object({ ...ofJob, jobRevision: z.int(), from: Instant }),
    topics: [events],
  },
  'scheduler.job.execution.requested': {
    summary: 'An execution was requested, or has to wait.',
    data: z.object({ ...execution, status: z.literal('pending') }),
    topics: [events],
  },
  'scheduler.job.execution.started': {
    summary: 'An attempt of an execution started.',
    /** Published once for each attempt. */
    data: z.object({
      ...execution,
      status: z.literal('running'),
      attempt: z.int(),
      engineId: z.string(),
      startedAt: Instant,
      jobRevision: z.int(),
      /** Why the slot is called more than 1 s after it was due, if that is already known. */
      late: LateReason.optional(),
    }),
    topics: [started, events],
  },
  'scheduler.job.execution.accepted': {
    summary: 'The target accepted a call with 202 and should report the outcome later.',
    data: z.object({
      ...execution,
      attempt: z.int(),
      startedAt: Instant,
      late: LateReason.optional(),
      deadlineAt: Instant,
      jobSnapshot: Snapshot.optional(),
    }),
    topics: [events],
  },
  'scheduler.job.execution.offered': {
    summary: 'The work of an attempt was offered to workers; its input is not published.',
    data: z.object({
      ...execution,
      status: z.literal('pending'),
      attempt: z.int(),
      offeredAt: Instant,
      /** The queue, such as `queue:4/reports`. */
      to: z.string(),
      /** The work is withdrawn after this time. */
      expiresAt: Instant.optional(),
      jobSnapshot: Snapshot,
    }),
    topics: [events],
  },
  'scheduler.job.execution.taken': {
    summary: 'A worker took the offered work, and should report the outcome.',
    data: z.object({
      ...execution,
      status: z.literal('running'),
      attempt: z.int(),
      takenAt: Instant,
      worker: z.string(),
      deadlineAt: Instant,
      /** Why the work was taken more than 1 s after its slot was due. */
      late: LateReason.optional(),
    }),
    topics: [events],
  },
  'scheduler.job.execution.heartbeat': {
    summary: 'The target of an accepted call, or the worker, is still working.',
    data: z.object({ ...execution, attempt: z.int(), progress: z.json().optional() }),
    topics: [events],
  },
  'scheduler.job.execution.cancel.requested': {
    summary: 'The cancellation of a running execution was requested; its end follows.',
    data: z.object({ ...execution, attempt: z.int(), reason: CancelReason }),
    topics: [events],
  },
  'scheduler.job.execution.attempt.failed': {
    summary: 'An attempt of an execution failed and will be retried; the execution is pending until then.',
    /** The execution is pending, and its next attempt is made at `retryAt`. */
    data: z.object({
      ...outcome,
      status: z.literal('pending'),
      ...failure,
      retryAt: Instant,
    }),
    topics: [events],
  },
  'scheduler.job.execution.succeeded': {
    summary: 'An execution succeeded.',
    data: z.object({ ...outcome, status: z.literal('succeeded'), result: Result }),
    topics: [succeeded, events],
  },
  'scheduler.job.execution.failed': {
    summary: 'An execution failed, and will not be retried.',
    data: z.object({ ...outcome, status: z.literal('failed'), ...failure }),
    topics: [failed, events],
  },
  'scheduler.job.execution.cancelled': {
    summary:
      'An execution was cancelled. It is published with the failures, so that every reader that waits for an end gets one.',
    data: z.object({ ...outcome, status: z.literal('cancelled'), error: ExecutionError }),
    topics: [failed, events],
  },
  'scheduler.job.execution.hook.attempted': {
    summary: 'The hook `onFailure` or `onSuccess` was called after an execution ended, or that call failed.',
    /** A hook call, published after each attempt. */
    data: z.object({ ...execution, hook: HookCall }),
    topics: [events],
  },
  'scheduler.job.occurrences.skipped': {
    summary: 'Slots were skipped intentionally.',
    data: OccurrencesData,
    topics: [events],
  },
  'scheduler.job.occurrences.missed': {
    summary: 'Slots passed without a call.',
    data: OccurrencesData,
    topics: [events],
  },
  'scheduler.job.backfill.requested': {
    summary: 'Calls of past slots were requested.',
    /** Slots after `from` and up to `to` are called beside the schedule; `total` is their number. */
    data: z.object({
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
    }),
    topics: [events],
  },
  'scheduler.job.backfill.cancelled': {
    summary: 'A backfill was cancelled; its remaining slots are not called.',
    /** The backfill's remaining slots are not called; `count` is their number. */
    data: z.object({
      ...ofJob,
      backfillId: BackfillId,
      count: z.int(),
      reason: BackfillEnd,
    }),
    topics: [events],
  },
} as const satisfies Record<string, Publication>;

export type PublishedType = keyof typeof PUBLISHED;
export const isPublishedType = (text: string): text is PublishedType => Object.hasOwn(PUBLISHED, text);
export const PUBLISHED_TYPES: readonly PublishedType[] = Object.keys(PUBLISHED).filter(isPublishedType);

export type JsonSchema = z.core.JSONSchema.BaseSchema;

/**
 * Returns the JSON Schema (draft 7) for the data of this type as readers get it. A value that is sealed in the log is
 * `{"sealed": true}`. Objects allow unknown properties, and readers must ignore them.
 */
export const publishedSchema = (type: PublishedType): JsonSchema => ({
  title: type,
  description: PUBLISHED[type].summary,
  ...z.toJSONSchema(PUBLISHED[type].data, {
    target: 'draft-7',
    io: 'input',
    override: ({ zodSchema, jsonSchema }) => {
      if (zodSchema === Sealed) replace(jsonSchema, SEALED_SCHEMA);
      // The format is enough; the pattern that checks leap years would be unreadable.
      if (zodSchema === Instant) delete jsonSchema.pattern;
    },
  }),
});

const SEALED_SCHEMA: JsonSchema = {
  description: 'A secret, which is not published.',
  type: 'object',
  properties: { sealed: { type: 'boolean', const: true } },
  required: ['sealed'],
};

const replace = (schema: JsonSchema, other: JsonSchema): void => {
  for (const key of Object.keys(schema)) delete schema[key];
  Object.assign(schema, other);
};
