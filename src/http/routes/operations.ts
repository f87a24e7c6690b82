import { z } from 'zod';
import { operationNotFound } from '../../commands/operation/cancel-operation.ts';
import { permissionFor } from '../../domain/operation.ts';
import { toOperationView } from '../../projections/queries/operation-view.ts';
import { answerCommand } from '../command-answers.ts';
import { OperationSchema } from '../openapi/operation-schemas.ts';
import { PagesQuery, pageAnswer, toPageRequest } from '../pages.ts';
import { PREFIX } from '../prefix.ts';
import { defineRoute, type Route } from '../route.ts';
import { IdParams } from '../validate.ts';
import type { RouteDeps } from './deps.ts';

export const operationRoutes = ({ commands, queries }: Pick<RouteDeps, 'commands' | 'queries'>): Route[] => [
  defineRoute({
    method: 'get',
    path: '/operations',
    operationId: 'listOperations',
    summary: 'Lists bulk operations, newest first',
    permission: 'scheduler:jobs:read',
    bound: 'narrowed',
    query: PagesQuery,
    result: z.array(OperationSchema),
    answers: { 200: 'A page of operations' },
    handle: async ({ scope, query, link }) => {
      const page = await queries.listOperations(scope, toPageRequest(query));
      return pageAnswer(page, link, (operation) => operation);
    },
  }),
  defineRoute({
    method: 'get',
    path: '/operations/:id',
    operationId: 'getOperation',
    summary: 'Shows how far a bulk operation is, or how it ended',
    permission: 'scheduler:jobs:read',
    bound: 'operation',
    params: IdParams,
    result: OperationSchema,
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
    summary: 'Cancels a bulk operation; what it has changed stays changed',
    permission: 'scheduler:jobs:write',
    bound: 'operation',
    otherPermissions: ['scheduler:jobs:trigger', 'scheduler:executions:cancel'],
    params: IdParams,
    result: OperationSchema,
    answers: { 202: 'The operation; it ends within seconds' },
    handle: async ({ context, scope, params: { id }, require }) => {
      const operation = await queries.getOperation(scope, id);
      if (operation === undefined) throw operationNotFound(id);
      require(permissionFor(operation.action));
      const done = await commands.cancelOperation(context, id);
      const headers = { Location: `${PREFIX}/operations/${id}` };
      return answerCommand(done, { status: 202, headers, body: toOperationView(done.value) });
    },
  }),
];
