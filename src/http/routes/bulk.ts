import { z } from 'zod';
import {
  BulkExecutions,
  BulkJobs,
  type OperationInput,
  requireFilter,
} from '../../commands/operation/operation-input.ts';
import { permissionFor } from '../../domain/operation.ts';
import { toInstant } from '../../domain/values.ts';
import { toOperationView } from '../../projections/queries/operation-view.ts';
import type { ServedAnswer } from '../answer.ts';
import { answerCommand } from '../command-answers.ts';
import { EXAMPLES } from '../openapi/examples.ts';
import { CountSchema, OperationSchema } from '../openapi/operation-schemas.ts';
import { PREFIX } from '../prefix.ts';
import { defineRoute, type Route, type RouteRequest, tenantScope } from '../route.ts';
import type { RouteDeps } from './deps.ts';

type Deps = Pick<RouteDeps, 'commands' | 'queries' | 'clock'>;

const answers = { 200: 'How many match, after a dry run', 202: 'The operation, which goes on by itself' };
const result = z.union([OperationSchema, CountSchema]);

export const bulkRoutes = (deps: Deps): Route[] => [
  defineRoute({
    method: 'post',
    path: '/jobs/bulk',
    operationId: 'changeJobs',
    summary: 'Enables, disables, triggers or deletes all jobs that match a filter',
    permission: 'scheduler:jobs:write',
    bound: 'narrowed',
    otherPermissions: ['scheduler:jobs:trigger'],
    body: BulkJobs,
    example: EXAMPLES.bulkJobs,
    result,
    answers,
    handle: ({ body: { action, filter, reason, dryRun }, ...request }) =>
      bulk(deps, request, { work: { of: 'jobs', action, filter }, reason, dryRun }),
  }),
  defineRoute({
    method: 'post',
    path: '/executions/bulk',
    operationId: 'changeExecutions',
    summary: 'Cancels all executions that match a filter, or executes their jobs again',
    permission: 'scheduler:executions:cancel',
    bound: 'narrowed',
    otherPermissions: ['scheduler:jobs:trigger'],
    body: BulkExecutions,
    example: EXAMPLES.bulkExecutions,
    result,
    answers,
    handle: ({ body: { action, filter, reason, dryRun }, ...request }) =>
      bulk(deps, request, { work: { of: 'executions', action, filter }, reason, dryRun }),
  }),
];

type BulkRequest = OperationInput & { readonly dryRun: boolean };

const bulk = async (
  { commands, queries, clock }: Deps,
  request: RouteRequest,
  { work, reason, dryRun }: BulkRequest,
): Promise<ServedAnswer> => {
  request.require(permissionFor(work.action));
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
  return answerCommand(done, { status: 202, headers, body: operation });
};
