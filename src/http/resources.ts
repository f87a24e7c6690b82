import type { RequestedExecution } from '../commands/execution/request-execution.ts';
import type { Application, Calendar, CallResult, JobDefinition } from '../domain/events/index.ts';
import { isCompleted } from '../domain/job/next-run.ts';
import { omittedWhereLarge } from '../domain/omitted.ts';
import { maskSealed, SEALED_SHOWN } from '../domain/redaction/index.ts';
import { isSealed, toMs } from '../domain/values.ts';
import type { ApplicationSummary } from '../projections/queries/port/applications.ts';
import type { JobView } from '../projections/queries/port/jobs.ts';
import { applicationRecord } from '../projections/queries/records/applications.ts';
import { type ExecutionView, executionRecord } from '../projections/queries/records/executions.ts';

/** A JSON object as the API shows it. Fields that are undefined are left out. */
type Resource = Readonly<Record<string, unknown>>;

/** A job as the API shows it, with secrets masked. */
export const jobResource = (job: JobDefinition, { id, name, displayName }: ApplicationSummary): Resource => {
  const { jobId, tenant, applicationId, scheduleSince, taskConfig, ...shown } = job;
  return { id: jobId, application: { id, name, displayName }, ...shown, taskConfig: maskSealed(taskConfig) };
};

/**
 * A job that a query found, with when it runs next, its newest execution, and whether it is completed. The answer of a
 * command must not depend on the time.
 */
export const foundJob = ({ job, application, runs, nextRunAt, lastExecution }: JobView, nowMs: number): Resource => ({
  ...jobResource(job, application),
  nextRunAt,
  lastExecution,
  ...(isCompleted(job, { nowMs, runs }) ? { completed: true } : {}),
});

/** A job as lists show it: without a body over 4 KiB. */
export const listedJob = (job: JobDefinition): JobDefinition => {
  const { body } = job.taskConfig;
  if (body === undefined || isSealed(body)) return job;
  return { ...job, taskConfig: { ...job.taskConfig, body: omittedWhereLarge(body) } };
};

/** Turns an application of an event into the summary that queries return. */
export const applicationSummary = ({ applicationId, name, displayName }: Application): ApplicationSummary => ({
  id: applicationId,
  name,
  displayName,
});

/** An application of an event as the API shows it. */
export const applicationResource = (application: Application): Resource =>
  applicationRecord.show({ ...application, id: application.applicationId });

/** A calendar as the API shows it. */
export const calendarResource = ({ tenant: _, ...calendar }: Calendar): Resource => calendar;

/** A result as the API shows it, masked where it is sealed. */
export const shownResult = (result: CallResult): CallResult =>
  isSealed(result.data) ? { ...result, data: SEALED_SHOWN } : result;

/** An execution as the API shows it, with a sealed result masked. */
export const executionResource = (view: ExecutionView): Resource => ({
  ...executionRecord.show(view),
  durationMs: durationOf(view),
  result: view.result && shownResult(view.result),
});

/** From the first request to the end, ms; null before the end, and where nothing was sent. */
const durationOf = ({ startedAt, finishedAt }: ExecutionView): number | null =>
  startedAt === null || finishedAt === null ? null : Math.max(0, toMs(finishedAt) - toMs(startedAt));

/** An execution as lists show it: without request and response bodies over 4 KiB. */
export const listedExecution = ({ jobSnapshot, result, ...view }: ExecutionView): ExecutionView => ({
  ...view,
  jobSnapshot:
    jobSnapshot?.body === undefined ? jobSnapshot : { ...jobSnapshot, body: omittedWhereLarge(jobSnapshot.body) },
  ...(result === undefined
    ? {}
    : { result: isSealed(result.data) ? result : { ...result, data: omittedWhereLarge(result.data) } }),
});

/** Turns an execution that was just requested into the view that queries return. */
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
    ...(createdBy === undefined ? {} : { createdBy }),
    ...(rerunOf === undefined ? {} : { rerunOf }),
    ...(job.labels === undefined ? {} : { labels: job.labels }),
    ...(error === undefined ? {} : { error }),
  };
};
