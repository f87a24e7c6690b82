import { z } from 'zod';
import type { RequestedExecution } from '../../commands/execution/request-execution.ts';
import { defined } from '../../domain/defined.ts';
import { AnySnapshot, type CallResult, type JobSnapshot } from '../../domain/events/index.ts';
import { WAIT_CAUSES } from '../../domain/execution/pending.ts';
import { omittedWhereLarge } from '../../domain/omitted.ts';
import { SEALED_SHOWN } from '../../domain/redaction/mask.ts';
import { HTTP_TASK, HttpResult, HttpSnapshot } from '../../domain/tasks/http/stored.ts';
import { ofAnyKind } from '../../domain/tasks/stored.ts';
import { WORKER_TASK, WorkerResult, WorkerSnapshot } from '../../domain/tasks/worker/stored.ts';
import { isSealed, toMs } from '../../domain/values.ts';
import type { JobNames } from '../../projections/queries/job-names.ts';
import { type ExecutionView, executionRecord } from '../../projections/queries/records/executions.ts';
import { hookRecord } from '../../projections/queries/records/hooks.ts';
import { JsonSchema, jobNameSchemas, type Resource } from './common.ts';

const SNAPSHOTS = {
  [HTTP_TASK]: { ...HttpSnapshot.shape, body: JsonSchema.optional() },
  [WORKER_TASK]: { ...WorkerSnapshot.shape, input: JsonSchema.optional() },
};
const Snapshot = ofAnyKind(AnySnapshot, SNAPSHOTS, 'JobSnapshot');

const RESULTS = {
  [HTTP_TASK]: { ...HttpResult.shape, data: JsonSchema },
  [WORKER_TASK]: { ...WorkerResult.shape, data: JsonSchema },
};
export const ResultSchema = ofAnyKind(z.object({}), RESULTS, 'Result');

export const ExecutionSchema = z
  .object({
    ...executionRecord.schemas,
    ...jobNameSchemas,
    durationMs: z.int().nullable().meta({ description: 'From the first request to the end' }),
    waitsFor: z
      .enum(WAIT_CAUSES)
      .optional()
      .meta({ description: 'What a pending execution waits for; only in GET of one execution' }),
    hook: z
      .object(hookRecord.schemas)
      .optional()
      .meta({ id: 'HookCall', description: 'The hook call after its end; only in GET of one execution' }),
    jobSnapshot: Snapshot.nullable().meta({
      description: 'The request that was sent. Before it is recorded, only GET of one execution shows the planned one',
    }),
    result: ResultSchema.optional(),
  })
  .meta({ id: 'Execution' });

/** A result in the API, masked if it is sealed. */
export const shownResult = (result: CallResult): CallResult =>
  isSealed(result.data) ? { ...result, data: SEALED_SHOWN } : result;

/** An execution as the API shows it, with a sealed result masked. */
export const executionResource = (view: ExecutionView, names: JobNames | undefined): Resource => ({
  ...executionRecord.show(view),
  ...names,
  durationMs: durationOf(view),
  result: view.result && shownResult(view.result),
  ...(isSealed(view.progress) ? { progress: SEALED_SHOWN } : {}),
});

/** An execution for a caller who requested or cancelled it but can't read executions: without data of the call. */
export const ExecutionOutline = z
  .looseObject({ id: z.int() })
  .transform(({ result, progress, hook, ...shown }) => ({ ...shown, jobSnapshot: null }));

/** From the first request to the end, ms; null before the end, or if nothing was sent. */
const durationOf = ({ startedAt, finishedAt }: ExecutionView): number | null =>
  startedAt === null || finishedAt === null ? null : Math.max(0, toMs(finishedAt) - toMs(startedAt));

/** An execution in lists: without request and response bodies over 4 KiB. */
export const listedExecution = ({ jobSnapshot, result, ...view }: ExecutionView): ExecutionView => ({
  ...view,
  jobSnapshot: jobSnapshot === null ? null : listedSnapshot(jobSnapshot),
  ...(result === undefined
    ? {}
    : { result: isSealed(result.data) ? result : { ...result, data: omittedWhereLarge(result.data) } }),
});

const listedSnapshot = (snapshot: JobSnapshot): JobSnapshot => {
  switch (snapshot.taskType) {
    case HTTP_TASK:
      return snapshot.body === undefined ? snapshot : { ...snapshot, body: omittedWhereLarge(snapshot.body) };
    case WORKER_TASK:
      return snapshot.input === undefined ? snapshot : { ...snapshot, input: omittedWhereLarge(snapshot.input) };
  }
};

/** Converts an execution that was just requested to the view that queries return. */
export const toRequestedExecutionView = ({ execution, job, error }: RequestedExecution): ExecutionView => {
  const { executionId, trigger, scheduledAt, createdAt, createdBy, attempt, rerunOf } = execution;
  return {
    id: executionId,
    jobId: job.jobId,
    applicationId: job.applicationId,
    status: error === undefined ? 'pending' : 'cancelled',
    trigger,
    scheduledAt,
    startedAt: null,
    finishedAt: error === undefined ? null : createdAt,
    createdAt,
    attempt,
    attempts: [],
    jobSnapshot: null,
    ...defined({ createdBy, rerunOf, labels: job.labels, error }),
  };
};
