import { type Request, Router } from 'express';
import type { DomainErrorCode } from '../../domain/codes/problem-codes.ts';
import { DomainError } from '../../domain/domain-error.ts';
import { PERMISSIONS } from '../../domain/permissions.ts';
import { toInstant } from '../../domain/values.ts';
import type { Clock } from '../../runtime/runtime.ts';
import type { Authenticate } from '../callers/authenticate.ts';
import { hasPermission, type Identity } from '../callers/authorize.ts';
import { bearerTokenFrom } from '../callers/credentials.ts';
import type { Identify } from '../callers/identify.ts';
import { admitRequest, type RequestQuotas } from '../callers/quotas.ts';
import type { SessionAnswer } from '../openapi/other-paths.ts';
import { rejectOtherMethods } from '../responses/reject.ts';
import { send } from '../responses/response.ts';
import { type CookieRules, fitsInCookie, type SessionSeal, sessionCookie } from './session.ts';
import { type SignOutDeps, signOut } from './sign-out.ts';

export type SessionRouterDeps = SignOutDeps & {
  readonly authenticate: Authenticate;
  readonly sessions: {
    readonly identify: Identify;
    readonly seal: Pick<SessionSeal, 'begin'>;
    readonly cookie: CookieRules;
    /** Undefined: no provider is set up. */
    readonly oidc: unknown;
  };
  readonly quotas: Pick<RequestQuotas, 'countRequest'>;
  readonly clock: Pick<Clock, 'now'>;
};

/** How long a session lasts that began with an API token which does not expire before. */
const MAX_MS = 30 * 24 * 3_600_000;

/** `/session`: signs a browser in by a token, says who is signed in, and signs out. */
export const sessionRouter = (deps: SessionRouterDeps): Router => {
  const { authenticate, sessions, quotas, clock } = deps;
  const router = Router({ caseSensitive: true });
  router
    .route('/session')
    .get(async (request, response) => {
      const identity = await identityOf(request, authenticate);
      if (identity !== undefined) admitRequest(response, identity, quotas);
      send(response, { status: 200, body: answerOf(identity, sessions) });
    })
    .post(async (request, response) => {
      // The cookie that comes with the request, if any, is replaced.
      const identity = await sessions.identify({ token: bearerTokenFrom(request), from: 'header' });
      admitRequest(response, identity, quotas);
      response.setHeader('Set-Cookie', await cookieOf(identity, clock.now(), sessions));
      send(response, { status: 204 });
    })
    .delete(async (request, response) => {
      await signOut(deps, { request, response });
      send(response, { status: 204 });
    })
    .all(rejectOtherMethods(['GET', 'POST', 'DELETE']));
  return router;
};

/**
 * The cookie of a new session, which lasts as long as the token. A JWT goes into it, so that each request checks it again;
 * of an API token, which nobody should find in a browser, it says which one it is.
 * @throws DomainError TOKEN_REJECTED where it does not fit in a cookie
 */
const cookieOf = async (
  { signedIn, expiresAtMs = Number.POSITIVE_INFINITY }: Identity,
  nowMs: number,
  { seal, cookie }: SessionRouterDeps['sessions'],
): Promise<string> => {
  const endsAtMs = signedIn.by === 'jwt' ? expiresAtMs : Math.min(expiresAtMs, nowMs + MAX_MS);
  const value = await seal.begin(signedIn, endsAtMs);
  if (!fitsInCookie(value)) throw new DomainError('TOKEN_REJECTED', 'the token is too long for a cookie');
  return sessionCookie(value, Math.floor((endsAtMs - nowMs) / 1_000), cookie);
};

const NOT_SIGNED_IN: ReadonlySet<string> = new Set(['NOT_AUTHENTICATED', 'TOKEN_REJECTED'] satisfies DomainErrorCode[]);

/** Who is signed in; undefined for nobody, also where a cookie has expired. */
const identityOf = async (request: Request, authenticate: Authenticate): Promise<Identity | undefined> => {
  try {
    return await authenticate(request);
  } catch (error) {
    const isByCookie = request.headers.authorization === undefined;
    if (isByCookie && error instanceof DomainError && NOT_SIGNED_IN.has(error.code)) return undefined;
    throw error;
  }
};

const answerOf = (
  identity: Identity | undefined,
  { oidc }: Pick<SessionRouterDeps['sessions'], 'oidc'>,
): SessionAnswer => ({
  session: identity === undefined ? null : viewOf(identity),
  signIn: oidc === undefined ? ['token'] : ['token', 'oidc'],
});

const viewOf = (identity: Identity): SessionAnswer['session'] => {
  const { user, tenant, roles, applications, expiresAtMs, signedIn } = identity;
  return {
    user,
    tenant,
    permissions: PERMISSIONS.filter((permission) => hasPermission(identity, permission)),
    roles: [...roles],
    ...(applications === undefined ? {} : { applications: [...applications] }),
    signedInBy: signedIn.by,
    ...(expiresAtMs === undefined ? {} : { expiresAt: toInstant(expiresAtMs) }),
  };
};
