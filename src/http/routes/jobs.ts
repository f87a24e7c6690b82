import { z } from 'zod';
import { TriggerInput } from '../../commands/execution/request-execution.ts';
import type { Commands } from '../../commands/index.ts';
import { CreateJob, NewName, PutJob } from '../../commands/job/job-input.ts';
import { DomainError, rejectField } from '../../domain/domain-error.ts';
import type { JobDefinition } from '../../domain/events/index.ts';
import { toMs } from '../../domain/values.ts';
import { JobSummary } from '../../projections/queries/job-summaries.ts';
import type { ApiContext } from '../context.ts';
import { AsOfQuery, scopeAsOf } from '../instants.ts';
import { EXAMPLES } from '../openapi/examples.ts';
import { ExecutionSchema } from '../resources/executions.ts';
import { foundJob, JobSchema, listedJob, UpdateJobBody } from '../resources/jobs.ts';
import { respondToCommand, respondWithExecution, respondWithJob, WaitQuery } from '../responses/command-responses.ts';
import { pageResponse } from '../responses/pages.ts';
import { etagOf, underIfMatch } from '../responses/response.ts';
import { defineRoute, PREFIX, type Route } from '../route.ts';
import { CommandBody, IdParams, PathId } from '../validate.ts';
import { JobSummariesQuery, JobsQuery, toJobsRequest } from './filters.ts';

export const jobNotFound = (id: number): DomainError => new DomainError('JOB_NOT_FOUND', `there is no job ${id}`);

/** For a past instant, jobs can be sorted only by creation, and filtered only by fields of their versions. */
const rejectNotKept = ({ asOf, sort, state, lastStatus, correlationId }: z.output<typeof JobsQuery>): void => {
  if (asOf === undefined) return;
  const why = 'cannot be combined with asOf';
  if (sort !== undefined && sort.by !== 'createdAt') throw rejectField('BAD_INPUT', '/sort', why);
  if (state !== undefined) throw rejectField('BAD_INPUT', '/state', why);
  if (lastStatus !== undefined) throw rejectField('BAD_INPUT', '/lastStatus', why);
  if (correlationId !== undefined) throw rejectField('BAD_INPUT', '/correlationId', why);
};

export const jobRoutes = (api: ApiContext): Route[] => [
  defineRoute({
    method: 'get',
    path: '/jobs',
    operationId: 'listJobs',
    summary: 'Lists jobs, oldest first unless sorted',
    permission: 'scheduler:jobs:read',
    bound: 'narrowed',
    query: JobsQuery,
    result: z.array(JobSchema),
    answers: { 200: 'A page of jobs' },
    handle: async ({ scope, query, link }) => {
      rejectNotKept(query);
      const asked = toJobsRequest(query);
      const then = await scopeAsOf(scope, query.asOf, api);
      const page = await api.queries.listJobs(then, asked.filter, asked.page);
      const shown = query.include === 'body' ? (job: JobDefinition) => job : listedJob;
      const nowMs = query.asOf === undefined ? api.clock.now() : toMs(query.asOf);
      return pageResponse(page, link, (view) => foundJob({ ...view, job: shown(view.job) }, nowMs));
    },
  }),
  // Before the next one, which would match it.
  defineRoute({
    method: 'get',
    path: '/jobs/summaries',
    operationId: 'listJobSummaries',
    summary: 'Shows the schedule of some jobs in plain language, with the outcomes of their last 30 slots',
    permission: 'scheduler:jobs:read',
    bound: 'narrowed',
    query: JobSummariesQuery,
    result: z.array(JobSummary),
    answers: { 200: 'The jobs that were found, by id' },
    handle: async ({ scope, query: { ids } }) => ({ status: 200, body: await api.queries.jobSummaries(scope, ids) }),
  }),
  defineRoute({
    method: 'get',
    path: '/jobs/:id',
    operationId: 'getJob',
    summary: 'Shows a job',
    permission: 'scheduler:jobs:read',
    bound: 'job',
    params: IdParams,
    query: AsOfQuery,
    result: JobSchema,
    answers: { 200: 'The job' },
    handle: async ({ scope, params: { id }, query: { asOf } }) => {
      const view = await api.queries.getJob(await scopeAsOf(scope, asOf, api), id);
      if (view === undefined) throw jobNotFound(id);
      const body = foundJob(view, asOf === undefined ? api.clock.now() : toMs(asOf));
      return { status: 200, headers: { ETag: etagOf(view.revision) }, body };
    },
  }),
  defineRoute({
    method: 'post',
    path: '/jobs',
    operationId: 'createJob',
    summary: 'Creates a job',
    permission: 'scheduler:jobs:write',
    bound: 'newJob',
    body: CommandBody,
    accepts: CreateJob,
    example: EXAMPLES.createJob,
    result: JobSchema,
    answers: { 201: 'The job that was created' },
    handle: async ({ context, body }) => {
      const done = await api.commands.createJob(context, body);
      return respondWithJob(done, { status: 201, headers: { Location: `${PREFIX}/jobs/${done.value.job.jobId}` } });
    },
  }),
  defineRoute({
    method: 'put',
    path: '/jobs/:id',
    operationId: 'updateJob',
    summary: 'Updates a job: given fields replace its own, and null clears an optional one',
    permission: 'scheduler:jobs:write',
    bound: 'job',
    params: IdParams,
    body: CommandBody,
    accepts: UpdateJobBody,
    example: EXAMPLES.updateJob,
    conditional: true,
    result: JobSchema,
    answers: { 200: 'The job after the change' },
    handle: async ({ context, params: { id }, body, ifMatch }) => {
      const done = await underIfMatch(ifMatch, (precondition) =>
        api.commands.updateJob(context, id, body, precondition),
      );
      return respondWithJob(done, { status: 200 });
    },
  }),
  defineRoute({
    method: 'put',
    path: '/applications/:application/jobs/:job',
    addresses: 'application',
    operationId: 'putJob',
    summary: 'Creates or replaces the job with this name: omitted fields are cleared',
    permission: 'scheduler:jobs:write',
    bound: 'application',
    params: z.strictObject({ id: PathId, job: NewName }),
    body: CommandBody,
    accepts: PutJob,
    example: EXAMPLES.putJob,
    conditional: true,
    makesNew: true,
    result: JobSchema,
    answers: { 200: 'The job after the change, unchanged if nothing differs', 201: 'The job that was created' },
    handle: async ({ context, params: { id: applicationId, job: name }, body, ifMatch, mustBeNew }) => {
      const { isNew, ...done } = await underIfMatch(ifMatch, (precondition) =>
        api.commands.putJob(context, { applicationId, name }, body, { ...precondition, mustBeNew }),
      );
      if (!isNew) return respondWithJob(done, { status: 200 });
      return respondWithJob(done, { status: 201, headers: { Location: `${PREFIX}/jobs/${done.value.job.jobId}` } });
    },
  }),
  defineRoute({
    method: 'delete',
    path: '/jobs/:id',
    operationId: 'deleteJob',
    summary: 'Deletes a job; its executions remain readable',
    permission: 'scheduler:jobs:write',
    bound: 'job',
    params: IdParams,
    conditional: true,
    answers: { 204: 'The job is deleted' },
    handle: async ({ context, params: { id }, ifMatch }) => {
      const done = await underIfMatch(ifMatch, (precondition) => api.commands.deleteJob(context, id, precondition));
      return respondToCommand(done, { status: 204 });
    },
  }),
];

export const jobChangeRoutes = (api: ApiContext): Route[] => [
  switchRoute({
    verb: 'enable',
    summary: 'Enables a job, so that its schedule runs again',
    command: api.commands.enableJob,
  }),
  switchRoute({
    verb: 'disable',
    summary: 'Disables a job, so that its schedule stops',
    command: api.commands.disableJob,
  }),
  triggerRoute(api),
];

type Switch = {
  readonly verb: 'enable' | 'disable';
  readonly summary: string;
  readonly command: Commands['enableJob'];
};

const switchRoute = ({ verb, summary, command }: Switch): Route =>
  defineRoute({
    method: 'post',
    path: `/jobs/:id/${verb}`,
    operationId: `${verb}Job`,
    summary,
    permission: 'scheduler:jobs:write',
    bound: 'job',
    params: IdParams,
    conditional: true,
    result: JobSchema,
    answers: { 200: 'The job after the change' },
    handle: async ({ context, params: { id }, ifMatch }) => {
      const done = await underIfMatch(ifMatch, (precondition) => command(context, id, precondition));
      return respondWithJob(done, { status: 200 });
    },
  });

const triggerRoute = (api: ApiContext): Route =>
  defineRoute({
    method: 'post',
    path: '/jobs/:id/trigger',
    operationId: 'triggerJob',
    summary: 'Runs a job now, even if it is disabled',
    permission: 'scheduler:jobs:trigger',
    bound: 'job',
    params: IdParams,
    body: CommandBody.optional(),
    accepts: TriggerInput,
    example: EXAMPLES.triggerJob,
    result: ExecutionSchema,
    query: WaitQuery,
    answers: { 202: 'The execution that was requested', 200: 'With `wait`, the execution, which has ended' },
    handle: async ({ context, params: { id }, query: { wait }, body }) => {
      api.quotas.countTrigger(context.tenant);
      return respondWithExecution(await api.commands.triggerJob(context, id, body), wait);
    },
  });
