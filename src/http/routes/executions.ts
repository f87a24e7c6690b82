import { z } from 'zod';
import type { ExecutionView } from '../../projections/queries/records/executions.ts';
import { AsOfQuery, scopeAsOf } from '../as-of.ts';
import { executionMissing, refuseExpiredList } from '../expired.ts';
import { pageAnswer } from '../pages.ts';
import { ExecutionSchema, executionResource, listedExecution } from '../resources/executions.ts';
import { defineRoute, type Route } from '../route.ts';
import { IdParams } from '../validate.ts';
import type { RouteDeps } from './deps.ts';
import { ExecutionsQuery, JobExecutionsQuery, toListRequest } from './filters.ts';
import { jobNotFound } from './jobs.ts';

const shownBy = (include: 'body' | undefined) => (view: ExecutionView) =>
  executionResource(include === 'body' ? view : listedExecution(view));

export const executionRoutes = ({ queries, clock, logBegan, expectedOf }: RouteDeps): Route[] => [
  defineRoute({
    method: 'get',
    path: '/executions',
    operationId: 'listExecutions',
    summary: 'Lists executions of all jobs, newest first unless sorted',
    permission: 'scheduler:executions:read',
    bound: 'narrowed',
    query: ExecutionsQuery,
    result: z.array(ExecutionSchema),
    answers: { 200: 'A page of executions' },
    handle: async ({ scope, query, link }) => {
      const asked = toListRequest(query);
      const then = await scopeAsOf(scope, query.asOf, { queries, clock, logBegan });
      await refuseExpiredList({ queries }, scope, { to: query.to });
      const page = await queries.listExecutions(then, asked.filter, asked.page);
      return pageAnswer(page, link, shownBy(query.include));
    },
  }),
  defineRoute({
    method: 'get',
    path: '/executions/:id',
    operationId: 'getExecution',
    summary: 'Shows an execution',
    permission: 'scheduler:executions:read',
    bound: 'execution',
    params: IdParams,
    query: AsOfQuery,
    result: ExecutionSchema,
    answers: { 200: 'The execution' },
    handle: async ({ scope, params: { id }, query: { asOf } }) => {
      const view = await queries.getExecution(await scopeAsOf(scope, asOf, { queries, clock, logBegan }), id);
      if (view === undefined) throw await executionMissing({ queries }, scope, id);
      const expected = asOf === undefined ? await expectedOf(view) : {};
      return { status: 200, body: { ...executionResource(view), ...expected } };
    },
  }),
  defineRoute({
    method: 'get',
    path: '/jobs/:id/executions',
    operationId: 'listJobExecutions',
    summary: "Lists a job's executions, newest first unless sorted, also those of a deleted job",
    permission: 'scheduler:executions:read',
    bound: 'job',
    params: IdParams,
    query: JobExecutionsQuery,
    result: z.array(ExecutionSchema),
    answers: { 200: 'A page of executions' },
    handle: async ({ scope, params: { id }, query, link }) => {
      if (!(await queries.jobEverExisted(scope, id))) throw jobNotFound(id);
      const asked = toListRequest(query);
      const then = await scopeAsOf(scope, query.asOf, { queries, clock, logBegan });
      await refuseExpiredList({ queries }, scope, { to: query.to, jobId: id });
      const page = await queries.listExecutions(then, { ...asked.filter, jobId: id }, asked.page);
      return pageAnswer(page, link, shownBy(query.include));
    },
  }),
];
