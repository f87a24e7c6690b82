import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { parseCookie } from 'cookie';
import { DomainError } from '../../domain/domain-error.ts';
import { actorName } from '../../domain/events/index.ts';
import { hasBeenEnded, type SessionSpan } from '../../domain/session.ts';
import { tenantErased } from '../../domain/tenant.ts';
import { isApiToken } from '../../domain/token.ts';
import type { Tenant } from '../../domain/values.ts';
import { isSealed, type SessionSeal } from '../sessions/session.ts';
import { callerOfToken, holderOf } from '../tokens/token-caller.ts';
import { type TokenRules, type TokenSubject, verifyToken } from '../tokens/verify-token.ts';
import { type Caller, hasAllPermissions, type Identity, permissionsOf, type RolePermissions } from './authorize.ts';
import type { FindEndedSessions, FindToken } from './log-lookup.ts';

type Credential = { readonly token: string; readonly from: 'header' | 'cookie' };

const BEARER = /^bearer +([^\s,]+) *$/i;

/**
 * The single credential of a request.
 * @throws DomainError NOT_AUTHENTICATED without one, TOKEN_REJECTED if there are several or it is no bearer token
 */
const credentialOf = (request: IncomingMessage, sessionCookie: string): Credential => {
  const fromHeader = bearerTokenOf(request);
  const fromCookie = cookieOf(request, sessionCookie);
  if (fromHeader !== undefined && fromCookie !== undefined && fromHeader !== fromCookie) throw ambiguous();
  if (fromHeader !== undefined) return { token: fromHeader, from: 'header' };
  if (fromCookie !== undefined) return { token: fromCookie, from: 'cookie' };
  throw new DomainError('NOT_AUTHENTICATED', 'a bearer token or the session cookie is required');
};

/** The bearer token of a request. @throws DomainError NOT_AUTHENTICATED, TOKEN_REJECTED */
export const bearerTokenFrom = (request: IncomingMessage): string => {
  const token = bearerTokenOf(request);
  if (token === undefined) throw new DomainError('NOT_AUTHENTICATED', 'a bearer token is required');
  return token;
};

const ambiguous = (): DomainError =>
  new DomainError('TOKEN_REJECTED', 'the request has more than one credential: send one');

const bearerTokenOf = ({ headersDistinct }: IncomingMessage): string | undefined => {
  const [value, ...others] = headersDistinct.authorization ?? [];
  if (value === undefined) return undefined;
  if (others.length > 0) throw ambiguous();
  const [, token] = BEARER.exec(value) ?? [];
  if (token === undefined) throw new DomainError('TOKEN_REJECTED', 'the Authorization header has no bearer token');
  return token;
};

const cookiesOf = ({ headersDistinct }: IncomingMessage): readonly ReturnType<typeof parseCookie>[] =>
  (headersDistinct.cookie ?? []).flatMap((header) => header.split(';')).map((pair) => parseCookie(pair));

/** The names of a request's cookies, in order. */
export const cookieNames = (request: IncomingMessage): readonly string[] => cookiesOf(request).flatMap(Object.keys);

/**
 * The value of a cookie; `undefined` if it is empty. Rejects a cookie with two different values.
 * @throws DomainError TOKEN_REJECTED
 */
export const cookieOf = (request: IncomingMessage, name: string): string | undefined => {
  const values = new Set(
    cookiesOf(request)
      .map((pair) => pair[name])
      .filter((value) => value !== undefined),
  );
  if (values.size > 1) throw ambiguous();
  const [value] = values;
  return value === '' ? undefined : value;
};

/**
 * Identifies the caller of a credential.
 * @throws DomainError TOKEN_REJECTED; for an API token also LOG_UNAVAILABLE, STARTING
 * @throws KeysUnavailable
 */
export type Identify = (credential: Credential) => Promise<Identity>;

/** What identifies callers by their credentials. */
export type IdentificationOptions = TokenRules & {
  readonly rolePermissions: RolePermissions;
  readonly findToken: FindToken;
  readonly findEndedSessions: FindEndedSessions;
  readonly sessions: SessionSeal;
};

/** Creates the check of a credential: a JWT or API token; in a cookie, a JWT or session. */
export const createIdentify =
  (options: IdentificationOptions): Identify =>
  async ({ token, from }) => {
    if (from === 'cookie') return await identityInSession(token, options);
    return isApiToken(token) ? await callerOfToken(token, options) : await identityOfJwt(token, options);
  };

const identityOfJwt = async (token: string, options: IdentificationOptions): Promise<Identity> => {
  const subject = await verifyToken(token, options);
  const { expiresAtMs } = subject;
  return { ...identityOfUser(subject, options), expiresAtMs, signedIn: { by: 'jwt', token } };
};

/** The caller of a session cookie, unless the session was signed out or ended by an administrator. */
const identityInSession = async (cookie: string, options: IdentificationOptions): Promise<Identity> => {
  const { session, ...identity } = isSealed(cookie)
    ? await identityOfSealed(cookie, options)
    : await identityOfBareJwt(cookie, options);
  const { tenant, callerId } = identity;
  if (hasBeenEnded(session, await options.findEndedSessions({ tenant, callerId }))) throw sessionEnded();
  return { ...identity, expiresAtMs: session.expiresAtMs, session };
};

type InSession = Identity & { readonly session: SessionSpan };

const identityOfSealed = async (cookie: string, options: IdentificationOptions): Promise<InSession> => {
  const session = await options.sessions.open(cookie);
  if (session === undefined) throw sessionEnded();
  const { signedIn } = session;
  switch (signedIn.by) {
    case 'jwt':
      return { ...(await identityOfJwt(signedIn.token, options)), session };
    case 'apiToken':
      return { ...(await holderOf(signedIn, options)), session };
    case 'oidc':
      return { ...identityOfUser(signedIn, options), signedIn, session };
  }
};

/** A gateway may put a JWT in the cookie: the session is then the JWT's own. */
const identityOfBareJwt = async (token: string, options: IdentificationOptions): Promise<InSession> => {
  if (isApiToken(token)) {
    const why = 'send an API token in the Authorization header, or exchange it for a cookie with POST /session';
    throw new DomainError('TOKEN_REJECTED', why);
  }
  const { issuedAtMs: signedInAtMs, expiresAtMs } = await verifyToken(token, options);
  const signed = token.slice(0, token.lastIndexOf('.'));
  const sessionId = createHash('sha256').update(signed).digest('base64url');
  return { ...(await identityOfJwt(token, options)), session: { sessionId, signedInAtMs, expiresAtMs } };
};

const sessionEnded = (): DomainError => new DomainError('TOKEN_REJECTED', 'the session has ended: sign in again');

/**
 * The identity of a user, with all permissions, including those of roles.
 * @throws DomainError TOKEN_REJECTED for an administrator who is limited to applications
 */
export const identityOfUser = (
  { user, sub, tenant, roles, applications, ...granted }: Omit<TokenSubject, 'issuedAtMs' | 'expiresAtMs'>,
  { rolePermissions }: { readonly rolePermissions: RolePermissions },
): Omit<Identity, 'signedIn'> => {
  const permissions = permissionsOf({ ...granted, roles }, rolePermissions);
  const actor = { type: 'user', name: user, ...(sub === user ? {} : { sub }) } as const;
  const identity = { user: actorName(actor), callerId: sub, actor, tenant, permissions, roles };
  if (applications === undefined) return identity;
  if (permissions.has('scheduler:admin') || permissions.has('scheduler:tenant:admin')) {
    throw new DomainError(
      'TOKEN_REJECTED',
      'the token was rejected: a token with scheduler:admin cannot be limited to applications',
    );
  }
  return { ...identity, applications };
};

/**
 * Authenticates the caller of a request.
 * @throws DomainError NOT_AUTHENTICATED, TOKEN_REJECTED, CROSS_ORIGIN, TENANT_ERASED; for an API token also LOG_UNAVAILABLE,
 * STARTING
 * @throws KeysUnavailable
 */
export type Authenticate = (request: IncomingMessage) => Promise<Identity>;

type AuthenticationOptions = {
  readonly identify: Identify;
  /** Whether a tenant is erased: then only administrators of the installation can see its remains. */
  readonly isErased: (tenant: Tenant) => boolean;
  /** Name of the cookie with the token or session. */
  readonly sessionCookie: string;
  /** Origin under which browsers reach this service. */
  readonly publicUrl?: string | undefined;
};

/** Creates the check of a request's credential, which returns the caller and their permissions. */
export const createAuthenticate =
  ({ identify, isErased, sessionCookie, publicUrl }: AuthenticationOptions): Authenticate =>
  async (request) => {
    const credential = credentialOf(request, sessionCookie);
    const caller = await identify(credential);
    if (credential.from === 'cookie') requireSameOrigin(request, publicUrl);
    callers.set(request, caller);
    if (!hasAllPermissions(caller) && isErased(caller.tenant)) throw tenantErased(caller.tenant);
    return caller;
  };

const callers = new WeakMap<IncomingMessage, Caller>();

/** The authenticated caller of this request; `undefined` without a valid token, or before the check. */
export const callerOf = (request: IncomingMessage): Caller | undefined => callers.get(request);

const SAFE_METHODS: ReadonlySet<string | undefined> = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Protects against cross-site request forgery. Browsers send cookies with requests from any page, so a change that is
 * authenticated by cookie must come from a page of this service, according to `Sec-Fetch-Site` or `Origin`.
 * @param publicUrl the origin of this service, accepted beside the one in the Host header
 * @throws DomainError CROSS_ORIGIN
 */
export const requireSameOrigin = (request: IncomingMessage, publicUrl: string | undefined): void => {
  if (SAFE_METHODS.has(request.method)) return;
  const { origin, host, 'sec-fetch-site': site } = request.headers;
  const siteSaysSame = site === undefined || site === 'same-origin';
  // A form on a page without a referrer sends `null`, like Carillon's own; so does a page with an opaque origin, which is
  // never same-origin.
  const isUnsaid = origin === undefined || origin === 'null';
  const originIsOurs = isUnsaid ? site === 'same-origin' : isOurs(origin, host, publicUrl);
  if (siteSaysSame && originIsOurs) return;
  throw new DomainError('CROSS_ORIGIN', 'a change with the session cookie must come from a page of the same origin');
};

/** Compares with the Host header without the scheme, which is unknown behind a proxy that terminates TLS. */
const isOurs = (origin: string, host: string | undefined, publicUrl: string | undefined): boolean => {
  if (!URL.canParse(origin)) return false;
  const url = new URL(origin);
  return url.host === host || (publicUrl !== undefined && url.origin === new URL(publicUrl).origin);
};
