import { z } from 'zod';
import { CreateToken } from '../../commands/token.ts';
import { DomainError } from '../../domain/domain-error.ts';
import { writeToken } from '../../domain/token.ts';
import { TokenView, toTokenView } from '../../projections/queries/records/tokens.ts';
import { requirePermission } from '../callers/authorize.ts';
import type { ApiContext } from '../context.ts';
import { EXAMPLES } from '../openapi/examples.ts';
import { respondToCommand } from '../responses/command-responses.ts';
import { PagesQuery, pageResponse, toPageRequest } from '../responses/pages.ts';
import { defineRoute, PREFIX, type Route } from '../route.ts';
import { CommandBody, IdParams, validateFit } from '../validate.ts';

const CreatedToken = TokenView.extend({
  token: z.string().meta({ description: 'Shown only once: send it as a bearer token' }),
}).meta({ id: 'CreatedToken' });

export const tokenRoutes = ({ commands, queries }: ApiContext): Route[] => [
  defineRoute({
    method: 'get',
    path: '/tokens',
    operationId: 'listTokens',
    summary: "Lists the tenant's API tokens, including expired and revoked ones, oldest first",
    permission: 'scheduler:tenant:admin',
    bound: 'closed',
    query: PagesQuery,
    result: z.array(TokenView),
    answers: { 200: 'A page of tokens, without their secrets' },
    handle: async ({ scope, query, link }) => {
      const page = await queries.listTokens(scope, toPageRequest(query));
      return pageResponse(page, link, (token) => token);
    },
  }),
  defineRoute({
    method: 'get',
    path: '/tokens/:id',
    operationId: 'getToken',
    summary: 'Shows an API token, including an expired or revoked one',
    permission: 'scheduler:tenant:admin',
    bound: 'closed',
    params: IdParams,
    result: TokenView,
    answers: { 200: 'The token, without its secret' },
    handle: async ({ scope, params: { id } }) => {
      const token = await queries.getToken(scope, id);
      if (token === undefined) throw new DomainError('TOKEN_NOT_FOUND', `there is no token ${id}`);
      return { status: 200, body: token };
    },
  }),
  defineRoute({
    method: 'post',
    path: '/tokens',
    operationId: 'createToken',
    summary: 'Creates an API token with permissions that the caller has',
    permission: 'scheduler:tenant:admin',
    bound: 'closed',
    body: CommandBody,
    accepts: CreateToken,
    example: EXAMPLES.createToken,
    result: CreatedToken,
    answersSecret: true,
    answers: { 201: 'The token, shown only once' },
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
    permission: 'scheduler:tenant:admin',
    bound: 'closed',
    params: IdParams,
    answers: { 204: 'Every process rejects requests with it from 1 second after this response' },
    handle: async ({ context, params: { id } }) => {
      const done = await commands.revokeToken(context, id);
      return respondToCommand(done, { status: 204 });
    },
  }),
];

const UserParams = z.strictObject({ sub: z.string().min(1).max(200) });

export const userRoutes = ({ commands }: ApiContext): Route[] => [
  defineRoute({
    method: 'delete',
    path: '/users/:sub/sessions',
    operationId: 'endSessions',
    summary:
      'Ends all sessions of a user, by the `sub` of their token; the user can still sign in with tokens and the provider',
    permission: 'scheduler:tenant:admin',
    bound: 'closed',
    params: UserParams,
    answers: { 204: 'Every process rejects their cookies from 1 second after this response' },
    handle: async ({ context, params: { sub } }) => {
      const done = await commands.endSessions(context, sub);
      return respondToCommand(done, { status: 204 });
    },
  }),
];
