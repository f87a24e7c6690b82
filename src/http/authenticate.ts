import type { IncomingMessage } from 'node:http';
import { type Caller, permissionsOf, type RolePermissions } from './authorize.ts';
import { credentialOf } from './credentials.ts';
import { requireSameOrigin } from './same-origin.ts';
import { type TokenRules, verifyToken } from './tokens/verify-token.ts';

/**
 * Recognises the caller of a request.
 * @throws Refusal NOT_AUTHENTICATED, TOKEN_REFUSED, CROSS_ORIGIN
 * @throws KeysUnavailable
 */
export type Authenticate = (request: IncomingMessage) => Promise<Caller>;

export type AuthenticationOptions = TokenRules & {
  /** Name of the cookie that may carry the token. */
  readonly sessionCookie: string;
  readonly rolePermissions: RolePermissions;
  /** Origin under which browsers reach this service. */
  readonly publicUrl?: string | undefined;
};

/** Builds the check that reads a request's token: who the caller is, and which permissions they have. */
export const createAuthenticate =
  (options: AuthenticationOptions): Authenticate =>
  async (request) => {
    const { token, from } = credentialOf(request, options.sessionCookie);
    const { user, tenant, ...granted } = await verifyToken(token, options);
    if (from === 'cookie') requireSameOrigin(request, options.publicUrl);
    const caller = { user, tenant, permissions: permissionsOf(granted, options.rolePermissions) };
    callers.set(request, caller);
    return caller;
  };

const callers = new WeakMap<IncomingMessage, Caller>();

/** The caller that `Authenticate` recognised in this request; undefined without a valid token, or before the check. */
export const callerOf = (request: IncomingMessage): Caller | undefined => callers.get(request);
