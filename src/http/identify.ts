import { actorName } from '../domain/events/index.ts';
import { Refusal } from '../domain/refusal.ts';
import { isApiToken } from '../domain/tokens/api-token.ts';
import { permissionsOf, type RolePermissions } from './authorize.ts';
import type { Credential } from './credentials.ts';
import type { Identity } from './identity.ts';
import { isSealed } from './sessions/seal.ts';
import type { SessionSeal } from './sessions/session.ts';
import type { TokenSubject } from './tokens/claims.ts';
import { callerOfToken, holderOf } from './tokens/token-caller.ts';
import type { FindToken } from './tokens/token-lookup.ts';
import { type TokenRules, verifyToken } from './tokens/verify-token.ts';

/**
 * Finds out who a credential stands for.
 * @throws Refusal TOKEN_REFUSED; of an API token also LOG_UNAVAILABLE, STARTING
 * @throws KeysUnavailable
 */
export type Identify = (credential: Credential) => Promise<Identity>;

export type IdentificationOptions = TokenRules & {
  readonly rolePermissions: RolePermissions;
  readonly findToken: FindToken;
  readonly sessions: Pick<SessionSeal, 'open'>;
};

/** Builds the check of a credential: a JWT or an API token, and in a cookie a JWT or a session. */
export const createIdentify =
  (options: IdentificationOptions): Identify =>
  async ({ token, from }) => {
    if (from === 'cookie' && isSealed(token)) return await identityOfSession(token, options);
    if (!isApiToken(token)) return await identityOfJwt(token, options);
    if (from === 'header') return await callerOfToken(token, options);
    throw new Refusal(
      'TOKEN_REFUSED',
      'an API token goes in the Authorization header; POST /session makes a cookie of it',
    );
  };

const identityOfJwt = async (token: string, options: IdentificationOptions): Promise<Identity> => {
  const subject = await verifyToken(token, options);
  return { ...identityOfUser(subject, options), signedInBy: 'jwt', expiresAtMs: subject.expiresAtMs };
};

const identityOfSession = async (sealed: string, options: IdentificationOptions): Promise<Identity> => {
  const session = await options.sessions.open(sealed);
  if (session === undefined) throw new Refusal('TOKEN_REFUSED', 'the session has ended: sign in again');
  const { content, expiresAtMs } = session;
  switch (content.by) {
    case 'api token':
      return { ...(await holderOf(content, options)), expiresAtMs };
    case 'oidc':
      return { ...identityOfUser(content, options), signedInBy: 'oidc', expiresAtMs, session: content };
  }
};

/**
 * A user, with all that their permissions and roles bring.
 * @throws Refusal TOKEN_REFUSED where they are an administrator and bound to applications
 */
export const identityOfUser = (
  { user, sub, tenant, roles, applications, ...granted }: Omit<TokenSubject, 'expiresAtMs'>,
  { rolePermissions }: Pick<IdentificationOptions, 'rolePermissions'>,
): Omit<Identity, 'signedInBy'> => {
  const permissions = permissionsOf({ ...granted, roles }, rolePermissions);
  const actor = { type: 'user', name: user, ...(sub === user ? {} : { sub }) } as const;
  const identity = { user: actorName(actor), callerId: sub, actor, tenant, permissions, roles };
  if (applications === undefined) return identity;
  if (permissions.has('scheduler:admin') || permissions.has('scheduler:tenant:admin')) {
    throw new Refusal('TOKEN_REFUSED', 'the token was refused: an administrator cannot be bound to applications');
  }
  return { ...identity, applications };
};
