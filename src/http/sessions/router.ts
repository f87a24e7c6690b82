import type { Request, Response } from 'express';
import { z } from 'zod';
import type { DomainErrorCode } from '../../domain/codes/problem-codes.ts';
import { defined } from '../../domain/defined.ts';
import { DomainError } from '../../domain/domain-error.ts';
import { PERMISSIONS } from '../../domain/permissions.ts';
import { Instant, toInstant } from '../../domain/values.ts';
import { withTimeout } from '../../runtime/timeout.ts';
import { type Authenticate, bearerTokenFrom, cookieOf, requireSameOrigin } from '../callers/authenticate.ts';
import { hasPermission, type Identity } from '../callers/authorize.ts';
import { admitRequest } from '../callers/quotas.ts';
import type { ApiContext } from '../context.ts';
import { correlationOf } from '../request-facts.ts';
import { send } from '../responses/response.ts';
import type { OpenRoute } from '../route.ts';
import { CHANGE_LIMIT } from '../time-limits.ts';
import { endedSessionCookie, fitsInCookie, sessionCookie } from './session.ts';

const SessionSchema = z.object({
  user: z.string(),
  tenant: z.string(),
  permissions: z
    .array(z.enum(PERMISSIONS))
    .meta({ description: 'All permissions, including those from roles and of administrators' }),
  roles: z.array(z.string()),
  applications: z
    .array(z.int())
    .optional()
    .meta({ description: 'The applications that the user is limited to; absent: no limit' }),
  signedInBy: z.enum(['jwt', 'apiToken', 'oidc']),
  expiresAt: Instant.optional().meta({ description: 'Absent if the credential does not expire' }),
});

export const SessionResponse = z
  .object({
    session: SessionSchema.nullable().meta({ description: 'null: no one is signed in' }),
    signIn: z.array(z.enum(['token', 'oidc'])).meta({
      description: 'The ways to sign in: `token` by POST /session, `oidc` at GET /sign-in',
    }),
  })
  .meta({ id: 'Session' });

/** Maximum session duration with an API token that does not expire earlier. */
const MAX_MS = 30 * 24 * 3_600_000;

const TOO_MANY = 'Too many requests: retry after Retry-After';
const NOT_VERIFIABLE = 'Tokens cannot be verified: retry after Retry-After';

/** `/session`: signs a browser in with a token, shows the signed-in user, and signs out. */
export const sessionRoutes = (context: ApiContext): OpenRoute[] => {
  const { authenticate, sessions, quotas, clock } = context;
  return [
    {
      method: 'get',
      path: '/session',
      operationId: 'getSession',
      summary: 'Shows who is signed in, with which permissions, and the ways to sign in',
      tag: 'session',
      result: SessionResponse,
      responses: { 200: 'The session, or null if the request has no cookie or its session has ended' },
      problems: { 401: 'The bearer token was rejected', 429: TOO_MANY, 503: NOT_VERIFIABLE },
      serve: async (request, response) => {
        const identity = await identityOf(request, authenticate);
        if (identity !== undefined) admitRequest(response, identity, quotas);
        const body = {
          session: identity === undefined ? null : viewOf(identity),
          signIn: sessions.oidc === undefined ? ['token'] : ['token', 'oidc'],
        };
        send(response, { status: 200, body });
      },
    },
    {
      method: 'post',
      path: '/session',
      operationId: 'signIn',
      summary: 'Exchanges a bearer token (a JWT or an API token) for the session cookie',
      description:
        'The cookie lasts as long as the token, for an API token at most 30 days. Scripts cannot read it, and other sites cannot send it.',
      tag: 'session',
      takes: 'bearer',
      responses: { 204: 'The cookie is set' },
      problems: {
        401: 'The request has no valid token, or the token does not fit in a cookie',
        429: TOO_MANY,
        503: NOT_VERIFIABLE,
      },
      serve: async (request, response) => {
        // The cookie that comes with the request, if any, is replaced.
        const identity = await sessions.identify({ token: bearerTokenFrom(request), from: 'header' });
        admitRequest(response, identity, quotas);
        response.setHeader('Set-Cookie', await newCookieOf(identity, clock.now(), sessions));
        send(response, { status: 204 });
      },
    },
    {
      method: 'delete',
      path: '/session',
      operationId: 'signOut',
      summary: 'Ends the session, including copies of its cookie, and clears the cookie',
      tag: 'session',
      responses: { 204: 'The session has ended, if there was one, and the cookie is cleared' },
      problems: SIGN_OUT_PROBLEMS,
      serve: async (request, response) => {
        await signOut(context, { request, response });
        send(response, { status: 204 });
      },
    },
  ];
};

/**
 * The cookie of a new session, which lasts as long as the token. It contains a JWT, so that each request verifies it; for an
 * API token, which must not be exposed in a browser, it contains only its id.
 * @throws DomainError TOKEN_REJECTED if it does not fit in a cookie
 */
const newCookieOf = async (
  { signedIn, expiresAtMs = Number.POSITIVE_INFINITY }: Identity,
  nowMs: number,
  { seal, cookie }: ApiContext['sessions'],
): Promise<string> => {
  const endsAtMs = signedIn.by === 'jwt' ? expiresAtMs : Math.min(expiresAtMs, nowMs + MAX_MS);
  const value = await seal.begin(signedIn, endsAtMs);
  if (!fitsInCookie(value)) throw new DomainError('TOKEN_REJECTED', 'the token is too long for a cookie');
  return sessionCookie(value, Math.floor((endsAtMs - nowMs) / 1_000), cookie);
};

const NOT_SIGNED_IN: ReadonlySet<string> = new Set(['NOT_AUTHENTICATED', 'TOKEN_REJECTED'] satisfies DomainErrorCode[]);

/** The signed-in user; `undefined` for none, or for an expired cookie. */
const identityOf = async (request: Request, authenticate: Authenticate): Promise<Identity | undefined> => {
  try {
    return await authenticate(request);
  } catch (error) {
    const isByCookie = request.headers.authorization === undefined;
    if (isByCookie && error instanceof DomainError && NOT_SIGNED_IN.has(error.code)) return undefined;
    throw error;
  }
};

const viewOf = (identity: Identity) => {
  const { user, tenant, roles, applications, expiresAtMs, signedIn } = identity;
  return defined({
    user,
    tenant,
    permissions: PERMISSIONS.filter((permission) => hasPermission(identity, permission)),
    roles: [...roles],
    applications: applications && [...applications],
    signedInBy: signedIn.by,
    expiresAt: expiresAtMs === undefined ? undefined : toInstant(expiresAtMs),
  });
};

/** Problems of routes that sign out, for the API's description. */
export const SIGN_OUT_PROBLEMS = {
  403: 'The request does not come from a page of the same origin',
  503: 'The cookie is cleared, but the log does not respond, so copies of the cookie may still work',
};

type Exchange = { readonly request: Request; readonly response: Response };

/**
 * Signs a browser out: its session ends, including all copies of its cookie, and the cookie is cleared.
 * @returns the user who was signed in, if any
 * @throws DomainError CROSS_ORIGIN; LOG_UNAVAILABLE and STARTING if the cookie is cleared but the session may continue
 */
export const signOut = async (
  { sessions: { identify, cookie, forgetEnded }, commands, timers }: ApiContext,
  { request, response }: Exchange,
): Promise<Identity | undefined> => {
  requireSameOrigin(request, cookie.publicUrl);
  response.setHeader('Set-Cookie', endedSessionCookie(cookie));
  const token = cookieOf(request, cookie.sessionCookie);
  const identity =
    token === undefined ? undefined : await identify({ token, from: 'cookie' }).catch(undefinedIfRejected);
  if (identity?.session !== undefined) {
    const { tenant, actor, callerId, session } = identity;
    const context = { tenant, actor, correlationId: correlationOf(response) };
    await withTimeout(timers, CHANGE_LIMIT, commands.endSession(context, callerId, session));
    forgetEnded({ tenant, callerId });
  }
  return identity;
};

const undefinedIfRejected = (error: unknown): undefined => {
  if (error instanceof DomainError && error.code === 'TOKEN_REJECTED') return undefined;
  throw error;
};
