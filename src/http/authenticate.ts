import type { IncomingMessage } from 'node:http';
import { Refusal } from '../domain/refusal.ts';
import { isApiToken } from '../domain/tokens/api-token.ts';
import { type Caller, permissionsOf, type RolePermissions } from './authorize.ts';
import { credentialOf } from './credentials.ts';
import { requireSameOrigin } from './same-origin.ts';
import { callerOfToken } from './tokens/token-caller.ts';
import type { FindToken } from './tokens/token-lookup.ts';
import { type TokenRules, verifyToken } from './tokens/verify-token.ts';

/**
 * Recognises the caller of a request.
 * @throws Refusal NOT_AUTHENTICATED, TOKEN_REFUSED, CROSS_ORIGIN; of an API token also LOG_UNAVAILABLE, STARTING
 * @throws KeysUnavailable
 */
export type Authenticate = (request: IncomingMessage) => Promise<Caller>;

export type AuthenticationOptions = TokenRules & {
  /** Name of the cookie that may carry the token. */
  readonly sessionCookie: string;
  readonly rolePermissions: RolePermissions;
  /** Origin under which browsers reach this service. */
  readonly publicUrl?: string | undefined;
  readonly findToken: FindToken;
};

/** Builds the check that reads a request's token: who the caller is, and which permissions they have. */
export const createAuthenticate =
  (options: AuthenticationOptions): Authenticate =>
  async (request) => {
    const { token, from } = credentialOf(request, options.sessionCookie);
    if (isApiToken(token) && from === 'cookie') {
      throw new Refusal('TOKEN_REFUSED', 'an API token goes in the Authorization header, not in a cookie');
    }
    const caller = isApiToken(token) ? await callerOfToken(token, options) : await callerOfJwt(token, options);
    if (from === 'cookie') requireSameOrigin(request, options.publicUrl);
    callers.set(request, caller);
    return caller;
  };

const callerOfJwt = async (token: string, options: AuthenticationOptions): Promise<Caller> => {
  const { user, tenant, ...granted } = await verifyToken(token, options);
  const actor = { type: 'user', name: user } as const;
  return { user, actor, tenant, permissions: permissionsOf(granted, options.rolePermissions) };
};

const callers = new WeakMap<IncomingMessage, Caller>();

/** The caller that `Authenticate` recognised in this request; undefined without a valid token, or before the check. */
export const callerOf = (request: IncomingMessage): Caller | undefined => callers.get(request);
