import { z } from 'zod';
import { SetSecret } from '../../commands/applications/secrets.ts';
import type { Secret } from '../../domain/events/index.ts';
import { Refusal } from '../../domain/refusal.ts';
import type { SecretView } from '../../projections/queries/port/applications.ts';
import { answerCommand } from '../command-answers.ts';
import { EXAMPLES } from '../openapi/examples.ts';
import { SecretSchema } from '../openapi/resource-schemas.ts';
import { pageAnswer, toPageRequest } from '../pages.ts';
import { defineRoute, type Route } from '../route.ts';
import { CommandBody, IdParams, NamedParams, NoBody, NoQuery } from '../validate.ts';
import type { RouteDeps } from './deps.ts';
import { NamesQuery, namesPage } from './names-page.ts';
import { valuesOr404 } from './variables.ts';

const shown = ({ name, updatedAt, updatedBy, allowedOrigins, signing }: Secret): SecretView => ({
  name,
  updatedAt,
  updatedBy,
  ...(allowedOrigins === undefined ? {} : { allowedOrigins }),
  ...(signing ? { signing } : {}),
});

export const secretRoutes = ({ commands, queries }: RouteDeps): Route[] => [
  defineRoute({
    method: 'get',
    path: '/applications/:id/secrets',
    operationId: 'listApplicationSecrets',
    summary: "Lists which secrets an application has, by name; never a secret's value",
    permission: 'scheduler:jobs:read',
    params: IdParams,
    query: NamesQuery,
    body: NoBody,
    result: z.array(SecretSchema),
    answers: { 200: 'A page of secrets, without their values' },
    handle: async ({ scope, params: { id }, query, link }) => {
      const { secrets } = valuesOr404(await queries.getValues(scope, id), id);
      return pageAnswer(namesPage(secrets, toPageRequest(query)), link, (secret) => secret);
    },
  }),
  defineRoute({
    method: 'get',
    path: '/applications/:id/secrets/:name',
    operationId: 'getApplicationSecret',
    summary: 'Tells that a secret exists; never its value',
    permission: 'scheduler:jobs:read',
    params: NamedParams,
    query: NoQuery,
    body: NoBody,
    result: SecretSchema,
    answers: { 200: 'The secret, without its value' },
    handle: async ({ scope, params: { id, name } }) => {
      const { secrets } = valuesOr404(await queries.getValues(scope, id), id);
      const secret = secrets.find((each) => each.name === name);
      if (secret !== undefined) return { status: 200, body: secret };
      throw new Refusal('SECRET_NOT_FOUND', `application ${id} has no secret ${name}`);
    },
  }),
  defineRoute({
    method: 'put',
    path: '/applications/:id/secrets/:name',
    operationId: 'setApplicationSecret',
    summary: 'Gives a secret its value: what jobs name as ${secret:NAME}, or what signs all calls',
    permission: 'scheduler:secrets:write',
    params: NamedParams,
    query: NoQuery,
    body: CommandBody,
    accepts: SetSecret,
    example: EXAMPLES.setSecret,
    result: SecretSchema,
    answers: { 200: 'The secret as it is now, without its value' },
    handle: async ({ context, params: { id, name }, body }) => {
      const done = await commands.setSecret(context, id, name, body);
      return answerCommand(done, { status: 200, body: shown(done.value) });
    },
  }),
  defineRoute({
    method: 'delete',
    path: '/applications/:id/secrets/:name',
    operationId: 'deleteApplicationSecret',
    summary: 'Takes a secret away: executions of jobs that name it fail from then on',
    permission: 'scheduler:secrets:write',
    params: NamedParams,
    query: NoQuery,
    body: NoBody,
    answers: { 204: 'The secret is gone' },
    handle: async ({ context, params: { id, name } }) => {
      const done = await commands.deleteSecret(context, id, name);
      return answerCommand(done, { status: 204 });
    },
  }),
];
