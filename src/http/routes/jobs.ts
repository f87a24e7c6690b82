import { z } from 'zod';
import { TriggerInput } from '../../commands/execution/request-execution.ts';
import type { Commands } from '../../commands/index.ts';
import { CreateJob, NewName, PutJob } from '../../commands/job/job-input.ts';
import { PreviewJob } from '../../commands/job/preview-job.ts';
import type { PreviewAuthority } from '../../commands/job/send-preview.ts';
import { BulkExecutions, BulkJobs, type OperationInput } from '../../commands/operation/operations.ts';
import { DomainError, rejectField } from '../../domain/domain-error.ts';
import { AnySnapshot, type JobDefinition, type Operation } from '../../domain/events/index.ts';
import { PERMISSION_FOR, requireFilter } from '../../domain/operation.ts';
import { HttpSnapshot } from '../../domain/tasks/http/stored.ts';
import { WorkerSnapshot } from '../../domain/tasks/worker/stored.ts';
import { Instant, toInstant, toMs } from '../../domain/values.ts';
import { JobSummary } from '../../projections/queries/job-summaries.ts';
import { OperationView, toOperationView } from '../../projections/queries/records/operations.ts';
import { requirePermission } from '../callers/authorize.ts';
import type { ApiContext } from '../context.ts';
import { AsOfQuery, scopeAsOf } from '../instants.ts';
import { JsonSchema } from '../resources/common.ts';
import { ExecutionSchema, ResultSchema, shownResult } from '../resources/executions.ts';
import { foundJob, JobSchema, listedJob, UpdateJobBody } from '../resources/jobs.ts';
import { respondToCommand, respondWithExecution, respondWithJob, WaitQuery } from '../responses/command-responses.ts';
import { pageResponse } from '../responses/pages.ts';
import { etagOf, type ServedResponse } from '../responses/response.ts';
import { defineRoute, PREFIX, type Route, type RouteRequest, tenantScope } from '../route.ts';
import { PathId } from '../validate.ts';
import { JobSummariesQuery, JobsQuery, toJobsRequest } from './filters.ts';
import { found, listRoute, noContent } from './shapes.ts';

const PreviewBody = PreviewJob.meta({ id: 'PreviewJob' });

const PreviewSchema = z
  .object({
    scheduleText: z.string(),
    slots: z.array(
      z.object({ at: Instant, local: z.string(), dueAt: Instant.optional(), note: z.string().optional() }),
    ),
    request: HttpSnapshot.omit({ omitted: true })
      .extend({ body: JsonSchema.optional(), resolvedParameters: AnySnapshot.shape.resolvedParameters })
      .optional(),
    work: WorkerSnapshot.omit({ omitted: true })
      .extend({ input: JsonSchema.optional(), resolvedParameters: AnySnapshot.shape.resolvedParameters })
      .optional()
      .meta({ description: 'The work of a worker task, in place of the request' }),
    target: z.object({ allowed: z.boolean(), reason: z.string().optional() }).optional(),
    sent: z
      .object({
        status: z.enum(['succeeded', 'failed']),
        startedAt: Instant.optional().meta({ description: 'Absent if the request was never sent' }),
        durationMs: z.int().optional(),
        result: ResultSchema.optional(),
        error: z.object({ code: z.string(), message: z.string() }).optional(),
      })
      .optional()
      .meta({ description: 'The outcome of the request, if it was sent' }),
  })
  .meta({ id: 'Preview' });

export const previewRoutes = ({ preview, quotas }: ApiContext): Route[] => [
  defineRoute({
    method: 'post',
    path: '/preview',
    operationId: 'previewJob',
    summary: "Previews any part of a job's definition, and sends its request once if requested",
    permission: 'scheduler:jobs:read',
    bound: 'preview',
    ofOneTenant: true,
    // A test call is recorded, and made again with each request.
    changesNothing: true,
    takesReason: true,
    takesLong: true,
    accepts: PreviewBody,
    result: PreviewSchema,
    responses: {
      200: 'The schedule in plain language, its next slots, the request, and whether its target is allowed; with the response, if the request was sent',
    },
    handle: async ({ context, body, scope, caller }) => {
      const authority: PreviewAuthority = {
        send: () => {
          requirePermission(caller, 'scheduler:jobs:trigger');
          // The response contains what the target returned.
          requirePermission(caller, 'scheduler:executions:read');
          quotas.countTrigger(context.tenant);
        },
        sendUnsaved: () => requirePermission(caller, 'scheduler:jobs:write'),
        signal: scope.signal ?? new AbortController().signal,
      };
      const { value, position } = await preview(context, body, authority);
      const { sent, ...shown } = value;
      if (sent === undefined) return { status: 200, body: shown, position };
      const { result, ...rest } = sent;
      const shownSent = result === undefined ? rest : { ...rest, result: shownResult(result) };
      return { status: 200, body: { ...shown, sent: shownSent }, position };
    },
  }),
];

/** As queries show it: without fields that only the service needs. */
const operationResource = (operation: Operation): OperationView => OperationView.parse(toOperationView(operation));

const CountSchema = z
  .object({ count: z.int().meta({ description: 'Number of current matches' }) })
  .meta({ id: 'BulkCount' });

export const operationRoutes = ({ commands, queries }: ApiContext): Route[] => [
  listRoute({
    path: '/operations',
    operationId: 'listOperations',
    summary: 'Lists bulk operations, newest first',
    permission: 'scheduler:jobs:read',
    bound: 'narrowed',
    items: OperationView,
    responses: { 200: 'A page of operations' },
    page: queries.listOperations,
  }),
  defineRoute({
    method: 'get',
    path: '/operations/:id',
    operationId: 'getOperation',
    summary: 'Shows the progress or the outcome of a bulk operation',
    permission: 'scheduler:jobs:read',
    bound: 'narrowed',
    result: OperationView,
    responses: { 200: 'The operation' },
    handle: async ({ scope, params: { id } }) => {
      return {
        status: 200,
        body: found(await queries.getOperation(scope, id), 'OPERATION_NOT_FOUND', `operation ${id}`),
      };
    },
  }),
  defineRoute({
    method: 'delete',
    path: '/operations/:id',
    operationId: 'cancelOperation',
    summary: 'Cancels a bulk operation; finished changes remain',
    permission: 'scheduler:jobs:write',
    bound: 'narrowed',
    otherPermissions: ['scheduler:jobs:trigger', 'scheduler:executions:cancel'],
    result: OperationView,
    responses: { 202: 'The operation; it ends within seconds' },
    handle: async ({ context, scope, params: { id }, caller }) => {
      const { action } = found(await queries.getOperation(scope, id), 'OPERATION_NOT_FOUND', `operation ${id}`);
      requirePermission(caller, PERMISSION_FOR[action]);
      const done = await commands.cancelOperation(context, id);
      const headers = { Location: `${PREFIX}/operations/${id}` };
      return respondToCommand(done, { status: 202, headers, body: operationResource(done.value) });
    },
  }),
];

const responses = {
  200: 'The number of matches of a dry run',
  202: 'The operation, which continues in the background',
};
const result = z.union([OperationView, CountSchema]);

export const bulkRoutes = (deps: ApiContext): Route[] => [
  defineRoute({
    method: 'post',
    path: '/jobs/bulk',
    operationId: 'bulkUpdateJobs',
    summary: 'Enables, disables, triggers, labels or deletes all jobs that match a filter',
    permission: 'scheduler:jobs:write',
    bound: 'narrowed',
    otherPermissions: ['scheduler:jobs:trigger'],
    body: BulkJobs,
    result,
    responses,
    handle: ({ body: { reason, dryRun, ...work }, ...request }) =>
      bulk(deps, request, { work: { of: 'jobs', ...work }, reason, dryRun }),
  }),
  defineRoute({
    method: 'post',
    path: '/executions/bulk',
    operationId: 'bulkUpdateExecutions',
    summary: 'Cancels or reruns all executions that match a filter',
    permission: 'scheduler:executions:cancel',
    bound: 'narrowed',
    otherPermissions: ['scheduler:jobs:trigger'],
    body: BulkExecutions,
    result,
    responses,
    handle: ({ body: { reason, dryRun, ...work }, ...request }) =>
      bulk(deps, request, { work: { of: 'executions', ...work }, reason, dryRun }),
  }),
];

type BulkRequest = OperationInput & { readonly dryRun: boolean };

const bulk = async (
  { commands, queries, clock }: ApiContext,
  request: RouteRequest,
  { work, reason, dryRun }: BulkRequest,
): Promise<ServedResponse> => {
  requirePermission(request.caller, PERMISSION_FOR[work.action]);
  requireFilter(work);
  if (dryRun) {
    const count = await queries.countItems(tenantScope(request), work, toInstant(clock.now()));
    return { status: 200, body: { count } };
  }
  const done = await commands.requestOperation(request.context, {
    ...{ work, reason },
    applications: request.scope.applications,
  });
  const operation = operationResource(done.value);
  const headers = { Location: `${PREFIX}/operations/${operation.id}` };
  return respondToCommand(done, { status: 202, headers, body: operation });
};

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
    responses: { 200: 'A page of jobs' },
    handle: async ({ scope, query, link }) => {
      rejectNotKept(query);
      const requested = toJobsRequest(query);
      const then = await scopeAsOf(scope, query.asOf, api);
      const page = await api.queries.listJobs(then, requested.filter, requested.page);
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
    responses: { 200: 'The jobs that were found, by id' },
    handle: async ({ scope, query: { ids } }) => ({ status: 200, body: await api.queries.jobSummaries(scope, ids) }),
  }),
  defineRoute({
    method: 'get',
    path: '/jobs/:id',
    operationId: 'getJob',
    summary: 'Shows a job',
    permission: 'scheduler:jobs:read',
    bound: 'job',
    query: AsOfQuery,
    result: JobSchema,
    responses: { 200: 'The job' },
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
    accepts: CreateJob,
    result: JobSchema,
    responses: { 201: 'The job that was created' },
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
    accepts: UpdateJobBody,
    conditional: true,
    result: JobSchema,
    responses: { 200: 'The job after the change' },
    handle: async ({ context, params: { id }, body, precondition }) =>
      respondWithJob(await api.commands.updateJob(context, id, body, precondition), { status: 200 }),
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
    accepts: PutJob,
    conditional: true,
    makesNew: true,
    result: JobSchema,
    responses: { 200: 'The job after the change, unchanged if nothing differs', 201: 'The job that was created' },
    handle: async ({ context, params: { id: applicationId, job: name }, body, precondition, mustBeNew }) => {
      const put = { ...precondition, mustBeNew };
      const { isNew, ...done } = await api.commands.putJob(context, { applicationId, name }, body, put);
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
    conditional: true,
    responses: { 204: 'The job is deleted' },
    handle: async ({ context, params: { id }, precondition }) =>
      noContent(await api.commands.deleteJob(context, id, precondition)),
  }),
];

export const jobChangeRoutes = (api: ApiContext): Route[] => [
  switchRoute('enable', 'Enables a job, so that its schedule runs again', api.commands.enableJob),
  switchRoute('disable', 'Disables a job, so that its schedule stops', api.commands.disableJob),
  triggerRoute(api),
];

const switchRoute = (verb: 'enable' | 'disable', summary: string, command: Commands['enableJob']): Route =>
  defineRoute({
    method: 'post',
    path: `/jobs/:id/${verb}`,
    operationId: `${verb}Job`,
    summary,
    permission: 'scheduler:jobs:write',
    bound: 'job',
    conditional: true,
    result: JobSchema,
    responses: { 200: 'The job after the change' },
    handle: async ({ context, params: { id }, precondition }) =>
      respondWithJob(await command(context, id, precondition), { status: 200 }),
  });

const triggerRoute = (api: ApiContext): Route =>
  defineRoute({
    method: 'post',
    path: '/jobs/:id/trigger',
    operationId: 'triggerJob',
    summary: 'Runs a job now, even if it is disabled',
    permission: 'scheduler:jobs:trigger',
    bound: 'job',
    accepts: TriggerInput,
    result: ExecutionSchema,
    query: WaitQuery,
    responses: { 202: 'The execution that was requested', 200: 'With `wait`, the execution, which has ended' },
    handle: async ({ context, params: { id }, body }) => {
      api.quotas.countTrigger(context.tenant);
      return respondWithExecution(await api.commands.triggerJob(context, id, body));
    },
  });
