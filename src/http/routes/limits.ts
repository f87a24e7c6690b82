import { z } from 'zod';
import { SetLimit } from '../../commands/applications/limits.ts';
import { Refusal } from '../../domain/refusal.ts';
import { answerCommand } from '../command-answers.ts';
import { EXAMPLES } from '../openapi/examples.ts';
import { LimitSchema } from '../openapi/resource-schemas.ts';
import { pageAnswer, toPageRequest } from '../pages.ts';
import { defineRoute, type Route } from '../route.ts';
import { CommandBody, IdParams, NamedParams, NoBody, NoQuery } from '../validate.ts';
import type { RouteDeps } from './deps.ts';
import { NamesQuery, namesPage } from './names-page.ts';
import { valuesOr404 } from './variables.ts';

export const limitRoutes = ({ commands, queries }: Pick<RouteDeps, 'commands' | 'queries'>): Route[] => [
  defineRoute({
    method: 'get',
    path: '/applications/:id/limits',
    operationId: 'listApplicationLimits',
    summary: "Lists an application's limits, by name",
    permission: 'scheduler:jobs:read',
    params: IdParams,
    query: NamesQuery,
    body: NoBody,
    result: z.array(LimitSchema),
    answers: { 200: 'A page of limits' },
    handle: async ({ scope, params: { id }, query, link }) => {
      const { limits } = valuesOr404(await queries.getValues(scope, id), id);
      return pageAnswer(namesPage(limits, toPageRequest(query)), link, (limit) => limit);
    },
  }),
  defineRoute({
    method: 'get',
    path: '/applications/:id/limits/:name',
    operationId: 'getApplicationLimit',
    summary: 'Shows a limit',
    permission: 'scheduler:jobs:read',
    params: NamedParams,
    query: NoQuery,
    body: NoBody,
    result: LimitSchema,
    answers: { 200: 'The limit' },
    handle: async ({ scope, params: { id, name } }) => {
      const { limits } = valuesOr404(await queries.getValues(scope, id), id);
      const limit = limits.find((each) => each.name === name);
      if (limit !== undefined) return { status: 200, body: limit };
      throw new Refusal('LIMIT_NOT_FOUND', `application ${id} has no limit ${name}`);
    },
  }),
  defineRoute({
    method: 'put',
    path: '/applications/:id/limits/:name',
    operationId: 'setApplicationLimit',
    summary: 'Sets how many calls the jobs that name the limit may make, at once or in a time',
    permission: 'scheduler:jobs:write',
    params: NamedParams,
    query: NoQuery,
    body: CommandBody,
    accepts: SetLimit,
    example: EXAMPLES.setLimit,
    result: LimitSchema,
    answers: { 200: 'The limit as it is now' },
    handle: async ({ context, params: { id, name }, body }) => {
      const done = await commands.setLimit(context, id, name, body);
      return answerCommand(done, { status: 200, body: done.value });
    },
  }),
  defineRoute({
    method: 'delete',
    path: '/applications/:id/limits/:name',
    operationId: 'deleteApplicationLimit',
    summary: 'Deletes a limit that no job names',
    permission: 'scheduler:jobs:write',
    params: NamedParams,
    query: NoQuery,
    body: NoBody,
    answers: { 204: 'The limit is gone' },
    handle: async ({ context, params: { id, name } }) => {
      const done = await commands.deleteLimit(context, id, name);
      return answerCommand(done, { status: 204 });
    },
  }),
];
