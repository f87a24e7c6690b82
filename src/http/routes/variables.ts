import { z } from 'zod';
import { SetVariable } from '../../commands/applications/variables.ts';
import { Refusal } from '../../domain/refusal.ts';
import type { ValuesView } from '../../projections/queries/port/applications.ts';
import { answerCommand } from '../command-answers.ts';
import { EXAMPLES } from '../openapi/examples.ts';
import { VariableSchema } from '../openapi/resource-schemas.ts';
import { pageAnswer, toPageRequest } from '../pages.ts';
import { defineRoute, type Route } from '../route.ts';
import { CommandBody, IdParams, NamedParams, NoBody, NoQuery } from '../validate.ts';
import type { RouteDeps } from './deps.ts';
import { NamesQuery, namesPage } from './names-page.ts';

/**
 * Requires that a query found the application.
 * @throws Refusal APPLICATION_NOT_FOUND
 */
export const valuesOr404 = (values: ValuesView | undefined, id: number): ValuesView => {
  if (values !== undefined) return values;
  throw new Refusal('APPLICATION_NOT_FOUND', `there is no application ${id}`);
};

export const variableRoutes = ({ commands, queries }: RouteDeps): Route[] => [
  defineRoute({
    method: 'get',
    path: '/applications/:id/variables',
    operationId: 'listApplicationVariables',
    summary: "Lists an application's variables, by name",
    permission: 'scheduler:jobs:read',
    params: IdParams,
    query: NamesQuery,
    body: NoBody,
    result: z.array(VariableSchema),
    answers: { 200: 'A page of variables' },
    handle: async ({ scope, params: { id }, query, link }) => {
      const { variables } = valuesOr404(await queries.getValues(scope, id), id);
      return pageAnswer(namesPage(variables, toPageRequest(query)), link, (variable) => variable);
    },
  }),
  defineRoute({
    method: 'get',
    path: '/applications/:id/variables/:name',
    operationId: 'getApplicationVariable',
    summary: 'Shows a variable',
    permission: 'scheduler:jobs:read',
    params: NamedParams,
    query: NoQuery,
    body: NoBody,
    result: VariableSchema,
    answers: { 200: 'The variable' },
    handle: async ({ scope, params: { id, name } }) => {
      const { variables } = valuesOr404(await queries.getValues(scope, id), id);
      const variable = variables.find((each) => each.name === name);
      if (variable !== undefined) return { status: 200, body: variable };
      throw new Refusal('VARIABLE_NOT_FOUND', `application ${id} has no variable ${name}`);
    },
  }),
  defineRoute({
    method: 'put',
    path: '/applications/:id/variables/:name',
    operationId: 'setApplicationVariable',
    summary: 'Gives a variable its value: what jobs name as ${NAME}',
    permission: 'scheduler:jobs:write',
    params: NamedParams,
    query: NoQuery,
    body: CommandBody,
    accepts: SetVariable,
    example: EXAMPLES.setVariable,
    result: VariableSchema,
    answers: { 200: 'The variable as it is now' },
    handle: async ({ context, params: { id, name }, body }) => {
      const done = await commands.setVariable(context, id, name, body);
      return answerCommand(done, { status: 200, body: done.value });
    },
  }),
  defineRoute({
    method: 'delete',
    path: '/applications/:id/variables/:name',
    operationId: 'deleteApplicationVariable',
    summary: 'Takes a variable away: executions of jobs that name it fail from then on',
    permission: 'scheduler:jobs:write',
    params: NamedParams,
    query: NoQuery,
    body: NoBody,
    answers: { 204: 'The variable is gone' },
    handle: async ({ context, params: { id, name } }) => {
      const done = await commands.deleteVariable(context, id, name);
      return answerCommand(done, { status: 204 });
    },
  }),
];
