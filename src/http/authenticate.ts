import type { IncomingMessage } from 'node:http';
import { type Caller, permissionsOf, type RolePermissions } from './authorize.ts';
import { credentialOf } from './credentials.ts';
import { requireSameOrigin } from './same-origin.ts';
import { type TokenRules, verifyToken } from './tokens/verify-token.ts';

/**
 * @throws Refusal NOT_AUTHENTICATED, TOKEN_REFUSED, CROSS_ORIGIN
 * @throws KeysUnavailable
 */
export type Authenticate = (request: IncomingMessage) => Promise<Caller>;

export type AuthenticationOptions = TokenRules & {
  /** Name of the cookie that may carry the token. */
  readonly sessionCookie: string;
  readonly rolePermissions: RolePermissions;
  /** Where this service is reached from outside. */
  readonly publicUrl?: string | undefined;
};

/** Tells from the request's token who asks and what they may do. */
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

/** Who was recognised in this request; undefined where nobody was, or nobody was asked for. */
export const callerOf = (request: IncomingMessage): Caller | undefined => callers.get(request);
