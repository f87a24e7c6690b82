import type { IncomingMessage } from 'node:http';
import { tenantErased } from '../domain/tenant.ts';
import type { Tenant } from '../domain/values.ts';
import { type Caller, mayAll } from './authorize.ts';
import { credentialOf } from './credentials.ts';
import type { Identify } from './identify.ts';
import type { Identity } from './identity.ts';
import { requireSameOrigin } from './same-origin.ts';

/**
 * Recognises the caller of a request.
 * @throws Refusal NOT_AUTHENTICATED, TOKEN_REFUSED, CROSS_ORIGIN, TENANT_ERASED; of an API token also LOG_UNAVAILABLE, STARTING
 * @throws KeysUnavailable
 */
export type Authenticate = (request: IncomingMessage) => Promise<Identity>;

export type AuthenticationOptions = {
  readonly identify: Identify;
  /** Whether a tenant is erased: administrators of the installation alone see what is left of it. */
  readonly isErased: (tenant: Tenant) => boolean;
  /** Name of the cookie that may carry the token, or a session. */
  readonly sessionCookie: string;
  /** Origin under which browsers reach this service. */
  readonly publicUrl?: string | undefined;
};

/** Builds the check that reads a request's credential: who the caller is, and which permissions they have. */
export const createAuthenticate =
  ({ identify, isErased, sessionCookie, publicUrl }: AuthenticationOptions): Authenticate =>
  async (request) => {
    const credential = credentialOf(request, sessionCookie);
    const caller = await identify(credential);
    if (credential.from === 'cookie') requireSameOrigin(request, publicUrl);
    callers.set(request, caller);
    if (!mayAll(caller) && isErased(caller.tenant)) throw tenantErased(caller.tenant);
    return caller;
  };

const callers = new WeakMap<IncomingMessage, Caller>();

/** The caller that `Authenticate` recognised in this request; undefined without a valid token, or before the check. */
export const callerOf = (request: IncomingMessage): Caller | undefined => callers.get(request);
