import { z } from 'zod';
import { SetTls } from '../../commands/applications/tls.ts';
import { Refusal } from '../../domain/refusal.ts';
import { answerCommand } from '../command-answers.ts';
import { EXAMPLES } from '../openapi/examples.ts';
import { TlsSchema } from '../openapi/resource-schemas.ts';
import { pageAnswer, toPageRequest } from '../pages.ts';
import { defineRoute, type Route } from '../route.ts';
import { tlsResource } from '../tls-resource.ts';
import { CommandBody, IdParams, NamedParams, NoBody, NoQuery } from '../validate.ts';
import type { RouteDeps } from './deps.ts';
import { NamesQuery, namesPage } from './names-page.ts';
import { valuesOr404 } from './variables.ts';

type TlsDeps = Pick<RouteDeps, 'commands' | 'queries' | 'clock'>;

export const tlsRoutes = ({ commands, queries, clock }: TlsDeps): Route[] => [
  defineRoute({
    method: 'get',
    path: '/applications/:id/tls',
    operationId: 'listApplicationTls',
    summary: "Lists an application's TLS settings, by name; never a key",
    permission: 'scheduler:jobs:read',
    params: IdParams,
    query: NamesQuery,
    body: NoBody,
    result: z.array(TlsSchema),
    answers: { 200: 'A page of TLS settings' },
    handle: async ({ scope, params: { id }, query, link }) => {
      const { tls } = valuesOr404(await queries.getValues(scope, id), id);
      return pageAnswer(namesPage(tls, toPageRequest(query)), link, (settings) => tlsResource(settings, clock.now()));
    },
  }),
  defineRoute({
    method: 'get',
    path: '/applications/:id/tls/:name',
    operationId: 'getApplicationTls',
    summary: 'Shows TLS settings; never the key',
    permission: 'scheduler:jobs:read',
    params: NamedParams,
    query: NoQuery,
    body: NoBody,
    result: TlsSchema,
    answers: { 200: 'The TLS settings' },
    handle: async ({ scope, params: { id, name } }) => {
      const { tls } = valuesOr404(await queries.getValues(scope, id), id);
      const settings = tls.find((each) => each.name === name);
      if (settings !== undefined) return { status: 200, body: tlsResource(settings, clock.now()) };
      throw new Refusal('TLS_NOT_FOUND', `application ${id} has no TLS settings ${name}`);
    },
  }),
  defineRoute({
    method: 'put',
    path: '/applications/:id/tls/:name',
    operationId: 'setApplicationTls',
    summary: 'Sets whom calls of some origins trust, and with which client certificate they are made',
    permission: 'scheduler:secrets:write',
    params: NamedParams,
    query: NoQuery,
    body: CommandBody,
    accepts: SetTls,
    example: EXAMPLES.setTls,
    result: TlsSchema,
    answers: { 200: 'The TLS settings as they are now' },
    handle: async ({ context, params: { id, name }, body }) => {
      const done = await commands.setTls(context, id, name, body);
      return answerCommand(done, { status: 200, body: tlsResource(done.value, clock.now()) });
    },
  }),
  defineRoute({
    method: 'delete',
    path: '/applications/:id/tls/:name',
    operationId: 'deleteApplicationTls',
    summary: 'Deletes TLS settings: calls of their origins are made as any other from then on',
    permission: 'scheduler:secrets:write',
    params: NamedParams,
    query: NoQuery,
    body: NoBody,
    answers: { 204: 'The TLS settings are gone' },
    handle: async ({ context, params: { id, name } }) => {
      const done = await commands.deleteTls(context, id, name);
      return answerCommand(done, { status: 204 });
    },
  }),
];
