import type { IncomingMessage } from 'node:http';
import { DomainError } from '../../domain/domain-error.ts';
import { tenantErased } from '../../domain/tenant.ts';
import type { Tenant } from '../../domain/values.ts';
import { type Caller, hasAllPermissions, type Identity } from './authorize.ts';
import { credentialOf } from './credentials.ts';
import type { Identify } from './identify.ts';

/**
 * Authenticates the caller of a request.
 * @throws DomainError NOT_AUTHENTICATED, TOKEN_REJECTED, CROSS_ORIGIN, TENANT_ERASED; for an API token also LOG_UNAVAILABLE,
 * STARTING
 * @throws KeysUnavailable
 */
export type Authenticate = (request: IncomingMessage) => Promise<Identity>;

export type AuthenticationOptions = {
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
