import { z } from 'zod';
import { SetTls } from '../../commands/applications/tls-input.ts';
import { SEALED_SHOWN } from '../../domain/redaction/index.ts';
import { Refusal } from '../../domain/refusal.ts';
import { certificateFacts, expiryState } from '../../domain/tls/certificates.ts';
import { toMs } from '../../domain/values.ts';
import type { TlsView } from '../../projections/queries/port.ts';
import { answerCommand } from '../command-answers.ts';
import { EXAMPLES } from '../openapi/examples.ts';
import { TlsSchema } from '../openapi/resource-schemas.ts';
import { pageAnswer, toPageRequest } from '../pages.ts';
import { defineRoute, type Route } from '../route.ts';
import { CommandBody, IdParams, NamedParams, NoBody, NoQuery } from '../validate.ts';
import type { RouteDeps } from './deps.ts';
import { NamesQuery, namesPage } from './names-page.ts';
import { valuesOr404 } from './variables.ts';

/** Shows TLS settings, with what their certificates say, and without the key. */
const shown = ({ name, origins, ca, certificate, updatedAt, updatedBy }: TlsView, nowMs: number) => {
  const authorities = ca === undefined ? undefined : certificateFacts(ca);
  const chain = certificate === undefined ? undefined : certificateFacts(certificate);
  const expiries = [...(authorities ?? []), ...(chain ?? [])].map(({ expiresAt }) => toMs(expiresAt));
  return {
    name,
    origins,
    ...(ca === undefined ? {} : { ca, authorities }),
    ...(certificate === undefined ? {} : { certificate, chain, key: SEALED_SHOWN }),
    expiry: expiryState(expiries, nowMs),
    updatedAt,
    updatedBy,
  };
};

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
      return pageAnswer(namesPage(tls, toPageRequest(query)), link, (settings) => shown(settings, clock.now()));
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
      if (settings !== undefined) return { status: 200, body: shown(settings, clock.now()) };
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
      return answerCommand(done, { status: 200, body: shown(done.value, clock.now()) });
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
