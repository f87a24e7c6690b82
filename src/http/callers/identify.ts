import { createHash } from 'node:crypto';
import { DomainError } from '../../domain/domain-error.ts';
import { actorName } from '../../domain/events/index.ts';
import { hasBeenEnded, type SessionSpan } from '../../domain/session.ts';
import { isApiToken } from '../../domain/token.ts';
import { isSealed } from '../sessions/seal.ts';
import type { SessionSeal } from '../sessions/session.ts';
import type { TokenSubject } from '../tokens/claims.ts';
import { callerOfToken, holderOf } from '../tokens/token-caller.ts';
import { type TokenRules, verifyToken } from '../tokens/verify-token.ts';
import { type Identity, permissionsOf, type RolePermissions } from './authorize.ts';
import type { Credential } from './credentials.ts';
import type { FindEndedSessions, FindToken } from './log-lookup.ts';

/**
 * Identifies the caller of a credential.
 * @throws DomainError TOKEN_REJECTED; for an API token also LOG_UNAVAILABLE, STARTING
 * @throws KeysUnavailable
 */
export type Identify = (credential: Credential) => Promise<Identity>;

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
  { rolePermissions }: Pick<IdentificationOptions, 'rolePermissions'>,
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
