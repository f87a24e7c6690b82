import type { RequestedExecution } from '../commands/port.ts';
import type { Application, CallResult, JobDefinition } from '../domain/events/index.ts';
import { omittedWhereLarge } from '../domain/omitted.ts';
import { maskSealed, SEALED_SHOWN } from '../domain/redaction/index.ts';
import { isSealed } from '../domain/values.ts';
import type { ApplicationSummary, ApplicationView, ExecutionView } from '../projections/queries/port.ts';

/** A record as callers see it; what is undefined is left out of the JSON. */
type Resource = Readonly<Record<string, unknown>>;

export const jobResource = (job: JobDefinition, { id, name, displayName }: ApplicationSummary): Resource => {
  const { jobId, tenant, applicationId, scheduleSince, taskConfig, ...shown } = job;
  return { id: jobId, application: { id, name, displayName }, ...shown, taskConfig: maskSealed(taskConfig) };
};

/** A job as a list has it: a large body is left out. */
export const listedJob = (job: JobDefinition): JobDefinition => {
  const { body } = job.taskConfig;
  if (body === undefined || isSealed(body)) return job;
  return { ...job, taskConfig: { ...job.taskConfig, body: omittedWhereLarge(body) } };
};

/** An application as its events carry it, in the form that queries give. */
export const applicationSummary = ({ applicationId, name, displayName }: Application): ApplicationSummary => ({
  id: applicationId,
  name,
  displayName,
});

export const applicationResource = (view: Omit<ApplicationView, 'revision'>): Resource => {
  const { id, name, displayName, createdAt, createdBy, updatedAt, updatedBy } = view;
  return { id, name, displayName, createdAt, createdBy, updatedAt, updatedBy };
};

export const toApplicationView = (application: Application): Omit<ApplicationView, 'revision'> => {
  const { createdAt, createdBy, updatedAt, updatedBy } = application;
  return { ...applicationSummary(application), createdAt, createdBy, updatedAt, updatedBy };
};

const shownResult = (result: CallResult): CallResult =>
  isSealed(result.data) ? { ...result, data: SEALED_SHOWN } : result;

export const executionResource = (view: ExecutionView): Resource => ({
  id: view.id,
  jobId: view.jobId,
  applicationId: view.applicationId,
  status: view.status,
  trigger: view.trigger,
  scheduledAt: view.scheduledAt,
  startedAt: view.startedAt,
  late: view.late,
  finishedAt: view.finishedAt,
  attempt: view.attempt,
  engineId: view.engineId,
  labels: view.labels,
  jobSnapshot: view.jobSnapshot,
  result: view.result && shownResult(view.result),
  error: view.error,
  createdAt: view.createdAt,
  createdBy: view.createdBy,
});

/** An execution as a list has it: large bodies, of what was sent and of what came back, are left out. */
export const listedExecution = ({ jobSnapshot, result, ...view }: ExecutionView): ExecutionView => ({
  ...view,
  jobSnapshot:
    jobSnapshot?.body === undefined ? jobSnapshot : { ...jobSnapshot, body: omittedWhereLarge(jobSnapshot.body) },
  ...(result === undefined
    ? {}
    : { result: isSealed(result.data) ? result : { ...result, data: omittedWhereLarge(result.data) } }),
});

/** An execution that was requested just now, in the form that queries give. */
export const toRequestedExecutionView = ({ execution, job, error }: RequestedExecution): ExecutionView => {
  const { executionId, trigger, scheduledAt, createdAt, createdBy, attempt } = execution;
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
    jobSnapshot: null,
    ...(createdBy === undefined ? {} : { createdBy }),
    ...(job.labels === undefined ? {} : { labels: job.labels }),
    ...(error === undefined ? {} : { error }),
  };
};
