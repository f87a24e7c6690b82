import { z } from 'zod';
import { AnyJob } from '../domain/events/index.ts';
import { HTTP_TASK, httpConfigWith } from '../domain/tasks/http/stored.ts';
import { ofAnyKind } from '../domain/tasks/stored.ts';
import { WORKER_TASK, workerConfigWith } from '../domain/tasks/worker/stored.ts';
import { Instant, JobId, MaybeSealed, Sealed } from '../domain/values.ts';
import {
  BackfillCancelledData,
  BackfillRequestedData,
  CallAcceptedData,
  CancelRequestedData,
  DefinitionActivatedData,
  ExecutionAttemptFailedData,
  ExecutionCancelledData,
  ExecutionFailedData,
  ExecutionRequestedData,
  ExecutionStartedData,
  ExecutionSucceededData,
  HeartbeatReceivedData,
  HookAttemptedData,
  OccurrencesData,
  WorkOfferedData,
  WorkTakenData,
} from './published-run.ts';
import { TOPICS, type Topic } from './topics.ts';

// Replaces the schema of the log by one that JSON Schema can express: any JSON value.
const SealedOrJson = z.union([Sealed, z.json()]);
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

const JobCreatedData = PublishedJob;
const JobUpdatedData = ofAnyKind(
  AnyPublishedJob.extend({ change: z.enum(['updated', 'enabled', 'disabled']) }),
  PUBLISHED_TASKS,
);
const JobDeletedData = PublishedJob;

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
    data: JobCreatedData,
    topics: [created, events, state],
  },
  'scheduler.job.updated': {
    summary: 'A job was updated, enabled or disabled; `change` states which.',
    data: JobUpdatedData,
    topics: [updated, events, state],
  },
  'scheduler.job.deleted': {
    summary: 'A job was deleted. The data is its last definition.',
    data: JobDeletedData,
    topics: [deleted, events, state],
  },
  'scheduler.job.definition.activated': {
    summary: "From this instant on, this revision of the job's definition determines its slots.",
    data: DefinitionActivatedData,
    topics: [events],
  },
  'scheduler.job.execution.requested': {
    summary: 'An execution was requested, or has to wait.',
    data: ExecutionRequestedData,
    topics: [events],
  },
  'scheduler.job.execution.started': {
    summary: 'An attempt of an execution started.',
    data: ExecutionStartedData,
    topics: [started, events],
  },
  'scheduler.job.execution.accepted': {
    summary: 'The target accepted a call with 202 and should report the outcome later.',
    data: CallAcceptedData,
    topics: [events],
  },
  'scheduler.job.execution.offered': {
    summary: 'The work of an attempt was offered to workers; its input is not published.',
    data: WorkOfferedData,
    topics: [events],
  },
  'scheduler.job.execution.taken': {
    summary: 'A worker took the offered work, and should report the outcome.',
    data: WorkTakenData,
    topics: [events],
  },
  'scheduler.job.execution.heartbeat': {
    summary: 'The target of an accepted call, or the worker, is still working.',
    data: HeartbeatReceivedData,
    topics: [events],
  },
  'scheduler.job.execution.cancel.requested': {
    summary: 'The cancellation of a running execution was requested; its end follows.',
    data: CancelRequestedData,
    topics: [events],
  },
  'scheduler.job.execution.attempt.failed': {
    summary: 'An attempt of an execution failed and will be retried; the execution is pending until then.',
    data: ExecutionAttemptFailedData,
    topics: [events],
  },
  'scheduler.job.execution.succeeded': {
    summary: 'An execution succeeded.',
    data: ExecutionSucceededData,
    topics: [succeeded, events],
  },
  'scheduler.job.execution.failed': {
    summary: 'An execution failed, and will not be retried.',
    data: ExecutionFailedData,
    topics: [failed, events],
  },
  'scheduler.job.execution.cancelled': {
    summary:
      'An execution was cancelled. It is published with the failures, so that every reader that waits for an end gets one.',
    data: ExecutionCancelledData,
    topics: [failed, events],
  },
  'scheduler.job.execution.hook.attempted': {
    summary: 'The hook `onFailure` or `onSuccess` was called after an execution ended, or that call failed.',
    data: HookAttemptedData,
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
    data: BackfillRequestedData,
    topics: [events],
  },
  'scheduler.job.backfill.cancelled': {
    summary: 'A backfill was cancelled; its remaining slots are not called.',
    data: BackfillCancelledData,
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
