import { z } from 'zod';
import { CreateToken } from '../../commands/token.ts';
import { writeToken } from '../../domain/token.ts';
import { TokenView, toTokenView } from '../../projections/queries/records/tokens.ts';
import { requirePermission } from '../callers/authorize.ts';
import type { ApiContext } from '../context.ts';
import { respondToCommand } from '../responses/command-responses.ts';
import { defineRoute, PREFIX, type Route } from '../route.ts';
import { validateFit } from '../validate.ts';
import { found, listRoute, noContent } from './shapes.ts';

const CreatedToken = TokenView.extend({
  token: z.string().meta({ description: 'Shown only once: send it as a bearer token' }),
}).meta({ id: 'CreatedToken' });

/** Access of those who administer a tenant. */
const TENANT_ADMINISTRATORS = { permission: 'scheduler:tenant:admin', bound: 'closed' } as const;

export const tokenRoutes = ({ commands, queries }: ApiContext): Route[] => [
  listRoute({
    path: '/tokens',
    operationId: 'listTokens',
    summary: "Lists the tenant's API tokens, including expired and revoked ones, oldest first",
    ...TENANT_ADMINISTRATORS,
    items: TokenView,
    responses: { 200: 'A page of tokens, without their secrets' },
    page: queries.listTokens,
  }),
  defineRoute({
    method: 'get',
    path: '/tokens/:id',
    operationId: 'getToken',
    summary: 'Shows an API token, including an expired or revoked one',
    ...TENANT_ADMINISTRATORS,
    result: TokenView,
    responses: { 200: 'The token, without its secret' },
    handle: async ({ scope, params: { id } }) => {
      return { status: 200, body: found(await queries.getToken(scope, id), 'TOKEN_NOT_FOUND', `token ${id}`) };
    },
  }),
  defineRoute({
    method: 'post',
    path: '/tokens',
    operationId: 'createToken',
    summary: 'Creates an API token with permissions that the caller has',
    ...TENANT_ADMINISTRATORS,
    accepts: CreateToken,
    result: CreatedToken,
    showsSecret: true,
    responses: { 201: 'The token, shown only once' },
    handle: async ({ context, body, caller }) => {
      const { permissions } = validateFit('BAD_INPUT', CreateToken, body);
      for (const permission of permissions) requirePermission(caller, permission);
      const done = await commands.createToken(context, body);
      const { token, secret } = done.value;
      return respondToCommand(done, {
        status: 201,
        headers: { Location: `${PREFIX}/tokens/${token.tokenId}` },
        body: { ...toTokenView(token), token: writeToken({ tokenId: token.tokenId, secret }) },
      });
    },
  }),
  defineRoute({
    method: 'delete',
    path: '/tokens/:id',
    operationId: 'revokeToken',
    summary: 'Permanently revokes an API token',
    ...TENANT_ADMINISTRATORS,
    responses: { 204: 'Every process rejects requests with it from 1 second after this response' },
    handle: async ({ context, params: { id } }) => noContent(await commands.revokeToken(context, id)),
  }),
];

export const userRoutes = ({ commands }: ApiContext): Route[] => [
  defineRoute({
    method: 'delete',
    path: '/users/:sub/sessions',
    operationId: 'endSessions',
    summary:
      'Ends all sessions of a user, by the `sub` of their token; the user can still sign in with tokens and the provider',
    ...TENANT_ADMINISTRATORS,
    responses: { 204: 'Every process rejects their cookies from 1 second after this response' },
    handle: async ({ context, params: { sub } }) => noContent(await commands.endSessions(context, sub)),
  }),
];
