import { z } from 'zod';
import { CompletionInput, HeartbeatInput, type TokenHolder, tokenRejected } from '../../commands/execution/callback.ts';
import { RequestInput } from '../../commands/execution/request-execution.ts';
import { ofToken } from '../../commands/execution/take-work.ts';
import { defined } from '../../domain/defined.ts';
import { DomainError } from '../../domain/domain-error.ts';
import { hashOfToken } from '../../domain/execution/callback.ts';
import { EVERY_TENANT, type JsonValue } from '../../domain/values.ts';
import type { JobNames } from '../../projections/queries/job-names.ts';
import type { ExecutionView } from '../../projections/queries/records/executions.ts';
import { hookRecord } from '../../projections/queries/records/hooks.ts';
import type { Scope } from '../../projections/queries/scope.ts';
import type { ApiContext } from '../context.ts';
import { AsOfQuery, executionMissing, rejectExpiredList, scopeAsOf } from '../instants.ts';
import { ExecutionSchema, executionResource, listedExecution } from '../resources/executions.ts';
import { respondToCommand, respondWithExecution, WaitQuery } from '../responses/command-responses.ts';
import { jobNamesOf, pageResponse } from '../responses/pages.ts';
import { COMPLETION_TOKEN, defineRoute, PREFIX, type Route, type RouteRequest } from '../route.ts';
import { PathId } from '../validate.ts';
import { ExecutionsQuery, JobExecutionsQuery, toListRequest } from './filters.ts';
import { jobNotFound } from './jobs.ts';
import { noContent } from './shapes.ts';

const shownBy = (include: 'body' | undefined, names: ReadonlyMap<number, JobNames>) => (view: ExecutionView) =>
  executionResource(include === 'body' ? view : listedExecution(view), names.get(view.jobId));

type ListRequest = RouteRequest & { readonly query: z.output<typeof ExecutionsQuery | typeof JobExecutionsQuery> };

/** Lists executions, of one job or of all. */
const listExecutions = async (
  api: ApiContext,
  { scope, query, link }: ListRequest,
  ofJob: { readonly jobId?: number },
) => {
  const { filter, page: requested } = toListRequest(query);
  const then = await scopeAsOf(scope, query.asOf, api);
  await rejectExpiredList(api, scope, { to: query.to, ...ofJob });
  const page = await api.queries.listExecutions(then, { ...filter, ...ofJob }, requested);
  const items = query.asOf === undefined ? await withReports(api, page.items) : page.items;
  return pageResponse(
    { ...page, items },
    link,
    shownBy(query.include, await jobNamesOf(api.queries, scope, page.items)),
  );
};

export const executionRoutes = (api: ApiContext): Route[] => [
  defineRoute({
    method: 'get',
    path: '/executions',
    operationId: 'listExecutions',
    summary: 'Lists executions of all jobs, newest first unless sorted',
    permission: 'scheduler:executions:read',
    bound: 'narrowed',
    query: ExecutionsQuery,
    result: z.array(ExecutionSchema),
    responses: { 200: 'A page of executions' },
    handle: (request) => listExecutions(api, request, {}),
  }),
  defineRoute({
    method: 'get',
    path: '/executions/:id',
    operationId: 'getExecution',
    summary: 'Shows an execution',
    permission: 'scheduler:executions:read',
    bound: 'execution',
    query: AsOfQuery,
    result: ExecutionSchema,
    responses: { 200: 'The execution' },
    handle: async ({ scope, params: { id }, query: { asOf } }) => {
      const found = await api.queries.getExecution(await scopeAsOf(scope, asOf, api), id);
      if (found === undefined) throw await executionMissing(api, scope, id);
      const [view = found] = asOf === undefined ? await withReports(api, [found]) : [];
      const expected = asOf === undefined ? await api.expectedOf(view) : {};
      const hook = asOf === undefined ? await api.queries.hookOf(scope, id) : undefined;
      const names = await api.queries.namesOfJobs(scope, [view.jobId]);
      const shown = { ...executionResource(view, names.get(view.jobId)), ...expected };
      return { status: 200, body: defined({ ...shown, hook: hook === undefined ? undefined : hookRecord.show(hook) }) };
    },
  }),
  defineRoute({
    method: 'get',
    path: '/jobs/:id/executions',
    operationId: 'listJobExecutions',
    summary: "Lists a job's executions, newest first unless sorted, including those of a deleted job",
    permission: 'scheduler:executions:read',
    bound: 'job',
    query: JobExecutionsQuery,
    result: z.array(ExecutionSchema),
    responses: { 200: 'A page of executions' },
    handle: async (request) => {
      const { id } = request.params;
      if (!(await api.queries.jobEverExisted(request.scope, id))) throw jobNotFound(id);
      return listExecutions(api, request, { jobId: id });
    },
  }),
];

const RerunQuery = WaitQuery.extend({
  definition: z.enum(['newest', 'original']).default('newest'),
});

export const executionChangeRoutes = (api: ApiContext): Route[] => {
  const executionOf = async (scope: Scope, id: number): Promise<ExecutionView> => {
    const view = await api.queries.getExecution(scope, id);
    if (view === undefined) throw await executionMissing(api, scope, id);
    return view;
  };

  return [
    defineRoute({
      method: 'post',
      path: '/executions/:id/cancel',
      operationId: 'cancelExecution',
      summary: 'Cancels a pending or running execution',
      permission: 'scheduler:executions:cancel',
      bound: 'execution',
      result: ExecutionSchema,
      responses: { 202: 'The execution; it has ended, unless its engine does not respond' },
      handle: async ({ context, scope, params: { id } }) => {
        const before = await executionOf(scope, id);
        const { jobId } = before;
        const names = await api.queries.namesOfJobs(scope, [jobId]);
        const responseOf = (view: ExecutionView) => ({
          status: 202,
          headers: { Location: `${PREFIX}/executions/${id}` },
          body: executionResource(view, names.get(jobId)),
        });
        if (before.status === 'cancelled') return responseOf(before);
        const done = await api.commands.cancelExecution(context, { executionId: id, jobId });
        if (done.position !== undefined) await api.queries.awaitPosition(done.position, SHOWN_WITHIN_MS);
        return respondToCommand(done, responseOf(await executionOf(scope, id)));
      },
    }),
    defineRoute({
      method: 'post',
      path: '/executions/:id/rerun',
      operationId: 'rerunExecution',
      summary: 'Reruns a job for the nominal time of an earlier execution',
      permission: 'scheduler:jobs:trigger',
      bound: 'execution',
      query: RerunQuery,
      accepts: RequestInput,
      result: ExecutionSchema,
      responses: { 202: 'The new execution', 200: 'With `wait`, the new execution, which has ended' },
      handle: async ({ context, scope, params: { id }, query: { definition }, body }) => {
        const { jobId, scheduledAt, jobRevision, inputRevision } = await executionOf(scope, id);
        api.quotas.countTrigger(context.tenant);
        const definitionRevision = definition === 'original' ? jobRevision : undefined;
        const rerun = { executionId: id, jobId, scheduledAt, definitionRevision, inputRevision };
        return respondWithExecution(await api.commands.rerunExecution(context, rerun, body));
      },
    }),
  ];
};

/** How long a response waits for the read models to show the end. */
const SHOWN_WITHIN_MS = 500;

/** The URL in a call contains the job, so that no read model has to know the execution yet. */
const JobQuery = z.strictObject({ job: PathId.optional() });

/** The last progress of a worker's attempt, from its heartbeats; undefined for another target. */
const lastProgressOf = async ({ work }: ApiContext, token: string): Promise<JsonValue | undefined> => {
  if (ofToken(token) === undefined) return undefined;
  const tokenHash = hashOfToken(token);
  return (await work.reported([tokenHash])).get(tokenHash)?.progress;
};

/** The executions with what workers last reported of them, which is not in the log while they run. */
const withReports = async (
  { work }: ApiContext,
  views: readonly ExecutionView[],
): Promise<readonly ExecutionView[]> => {
  const hashes = views.flatMap(({ worker, tokenHash }) =>
    worker === undefined || tokenHash === undefined ? [] : tokenHash,
  );
  if (hashes.length === 0) return views;
  const reported = await work.reported(hashes);
  return views.map((view) => {
    const report = view.tokenHash === undefined ? undefined : reported.get(view.tokenHash);
    if (report === undefined) return view;
    const { heartbeatAt, progress = view.progress } = report;
    return defined({ ...view, lastHeartbeatAt: view.lastHeartbeatAt ?? heartbeatAt, progress });
  });
};

type CallbackRequest = RouteRequest & {
  readonly params: { readonly id: number };
  readonly query: z.output<typeof JobQuery>;
};

/** Routes by which the target of an execution with `completion: callback` reports progress and result. */
export const callbackRoutes = (api: ApiContext): Route[] => {
  /** Runs a command with the caller's token. A token that was valid before gets a specific error. */
  const byToken = async <T>(request: CallbackRequest, run: (holder: TokenHolder) => Promise<T>): Promise<T> => {
    const { params, query, context, countBody: admit } = request;
    const token = request.bearerToken();
    const view = async () => api.queries.getExecution({ tenant: EVERY_TENANT }, params.id);
    const jobId = query.job ?? ofToken(token)?.jobId ?? (await view())?.jobId;
    if (jobId === undefined) throw tokenRejected();
    try {
      const { correlationId, traceparent } = context;
      return await run(defined({ jobId, executionId: params.id, token, correlationId, traceparent, admit }));
    } catch (error) {
      if (!(error instanceof DomainError) || error.code !== 'COMPLETION_TOKEN_REJECTED') throw error;
      const found = await view();
      if (found?.jobId !== jobId || found.tokenHash !== hashOfToken(token)) throw error;
      throw new DomainError(
        'EXECUTION_ENDED',
        `execution ${params.id} has ended: its token was already used, or its time has expired`,
      );
    }
  };

  return [
    defineRoute({
      method: 'post',
      path: '/executions/:id/complete',
      operationId: 'completeExecution',
      summary: 'Reports the outcome of a call that the target accepted with 202',
      permission: COMPLETION_TOKEN,
      bound: 'closed',
      query: JobQuery,
      accepts: CompletionInput,
      responses: { 204: 'The execution has ended' },
      handle: async (request) =>
        noContent(
          await byToken(request, (holder) =>
            api.commands.completeExecution(holder, request.body, () => lastProgressOf(api, holder.token)),
          ),
        ),
    }),
    defineRoute({
      method: 'post',
      path: '/executions/:id/heartbeat',
      operationId: 'heartbeatExecution',
      summary: 'Reports that the target is still working on an execution, and its progress',
      permission: COMPLETION_TOKEN,
      bound: 'closed',
      query: JobQuery,
      accepts: HeartbeatInput,
      responses: { 204: 'Heard' },
      handle: async (request) =>
        noContent(await byToken(request, (holder) => api.commands.heartbeatExecution(holder, request.body))),
    }),
  ];
};
