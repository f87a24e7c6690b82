import { z } from 'zod';
import { BulkExecutions, BulkJobs, type OperationInput } from '../../commands/operation/operations.ts';
import { operationNotFound, permissionFor, requireFilter } from '../../domain/operation.ts';
import { toInstant } from '../../domain/values.ts';
import { OperationView, toOperationView } from '../../projections/queries/records/operations.ts';
import { requirePermission } from '../callers/authorize.ts';
import type { ApiContext } from '../context.ts';
import { EXAMPLES } from '../openapi/examples.ts';
import { respondToCommand } from '../responses/command-responses.ts';
import { PagesQuery, pageResponse, toPageRequest } from '../responses/pages.ts';
import type { ServedResponse } from '../responses/response.ts';
import { defineRoute, PREFIX, type Route, type RouteRequest, tenantScope } from '../route.ts';
import { IdParams } from '../validate.ts';

const CountSchema = z
  .object({ count: z.int().meta({ description: 'Number of current matches' }) })
  .meta({ id: 'BulkCount' });

export const operationRoutes = ({ commands, queries }: ApiContext): Route[] => [
  defineRoute({
    method: 'get',
    path: '/operations',
    operationId: 'listOperations',
    summary: 'Lists bulk operations, newest first',
    permission: 'scheduler:jobs:read',
    bound: 'narrowed',
    query: PagesQuery,
    result: z.array(OperationView),
    answers: { 200: 'A page of operations' },
    handle: async ({ scope, query, link }) => {
      const page = await queries.listOperations(scope, toPageRequest(query));
      return pageResponse(page, link, (operation) => operation);
    },
  }),
  defineRoute({
    method: 'get',
    path: '/operations/:id',
    operationId: 'getOperation',
    summary: 'Shows the progress or the outcome of a bulk operation',
    permission: 'scheduler:jobs:read',
    bound: 'narrowed',
    params: IdParams,
    result: OperationView,
    answers: { 200: 'The operation' },
    handle: async ({ scope, params: { id } }) => {
      const operation = await queries.getOperation(scope, id);
      if (operation === undefined) throw operationNotFound(id);
      return { status: 200, body: operation };
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
    params: IdParams,
    result: OperationView,
    answers: { 202: 'The operation; it ends within seconds' },
    handle: async ({ context, scope, params: { id }, caller }) => {
      const operation = await queries.getOperation(scope, id);
      if (operation === undefined) throw operationNotFound(id);
      requirePermission(caller, permissionFor(operation.action));
      const done = await commands.cancelOperation(context, id);
      const headers = { Location: `${PREFIX}/operations/${id}` };
      return respondToCommand(done, { status: 202, headers, body: toOperationView(done.value) });
    },
  }),
];

const answers = { 200: 'The number of matches of a dry run', 202: 'The operation, which continues in the background' };
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
    example: EXAMPLES.bulkJobs,
    result,
    answers,
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
    example: EXAMPLES.bulkExecutions,
    result,
    answers,
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
  requirePermission(request.caller, permissionFor(work.action));
  requireFilter(work);
  if (dryRun) {
    const count = await queries.countItems(tenantScope(request), work, toInstant(clock.now()));
    return { status: 200, body: { count } };
  }
  const done = await commands.requestOperation(request.context, {
    ...{ work, reason },
    applications: request.scope.applications,
  });
  const operation = toOperationView(done.value);
  const headers = { Location: `${PREFIX}/operations/${operation.id}` };
  return respondToCommand(done, { status: 202, headers, body: operation });
};
