import { KeyObject } from 'node:crypto';
import { createLocalJWKSet, errors, type JSONWebKeySet } from 'jose';
import { z } from 'zod';
import { ENDED_SESSIONS, ERASURES, loadDocument, TOKENS } from '../commands/loop/documents.ts';
import { lastReservedId } from '../commands/loop/ids.ts';
import type { Config } from '../config.ts';
import type { DomainErrorCode } from '../domain/codes/problem-codes.ts';
import { defined } from '../domain/defined.ts';
import type { EndedSessions, TenantErasure } from '../domain/events/index.ts';
import type { SessionOwner } from '../domain/session.ts';
import type { EventStore } from '../event-store/port.ts';
import { type Authenticate, createAuthenticate, createIdentify } from '../http/callers/authenticate.ts';
import { createLogLookup } from '../http/callers/log-lookup.ts';
import type { ApiContext, OidcSignIn } from '../http/context.ts';
import { createHandshakes } from '../http/sessions/oidc/handshakes.ts';
import { CALLBACK_PATH } from '../http/sessions/oidc/router.ts';
import { type CookieRules, createSessionSeal } from '../http/sessions/session.ts';
import { signToken } from '../http/tokens/sign-token.ts';
import { createTokenLookup } from '../http/tokens/token-caller.ts';
import { type KeyQuery, secretKeys, type VerificationKeys } from '../http/tokens/verify-token.ts';
import type { Clock } from '../runtime/runtime.ts';
import type { Base } from './shared.ts';

/** Older keys are refetched in the background and used in the meantime. */
const FRESH_MS = 600_000;
/** Older keys are refetched before use, because a key may have been withdrawn. */
const USABLE_MS = 3_600_000;
/** Minimum time between fetches for unknown key ids, because callers can invent ids. */
const RETRY_MS = 30_000;
const TIMEOUT_MS = 5_000;

/** No keys have been fetched yet, so tokens can't be verified. */
export class KeysUnavailable extends Error {
  override readonly name = 'KeysUnavailable';
  readonly code = 'KEYS_UNAVAILABLE' satisfies DomainErrorCode;
  constructor(cause: unknown) {
    super('the keys that verify tokens could not be fetched', { cause });
  }
}

const KeySetDocument = z.object({ keys: z.array(z.looseObject({ kty: z.string() })).min(1, 'has no keys') });

type FetchKeySet = () => Promise<JSONWebKeySet>;
type KeySet = {
  readonly find: ReturnType<typeof createLocalJWKSet>;
  readonly size: number;
  readonly fetchedAtMs: number;
};

/** Fetches the keys at a JWKS URL, within 5 s. */
const fetchKeySetFrom =
  (url: string): FetchKeySet =>
  async () => {
    const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS), redirect: 'error' });
    if (!response.ok) throw new Error(`${url} responded with ${response.status}`);
    return KeySetDocument.parse(await response.json());
  };

/**
 * Verification keys that an identity provider publishes. If a fetch fails, the previous keys stay in use.
 * @throws KeysUnavailable if no fetch has succeeded yet
 */
export const publishedKeys = (fetchKeySet: FetchKeySet, clock: Clock): VerificationKeys => {
  let known: KeySet | undefined;
  let triedAtMs = Number.NEGATIVE_INFINITY;
  let requestInProgress: Promise<void> | undefined;

  const refresh = async (): Promise<void> => {
    triedAtMs = clock.monotonic();
    try {
      const keySet = await fetchKeySet();
      const size = keySet.keys.filter(({ use = 'sig' }) => use === 'sig').length;
      known = { find: createLocalJWKSet(keySet), size, fetchedAtMs: triedAtMs };
    } catch (error) {
      if (known === undefined) {
        throw new KeysUnavailable(error);
      }
    } finally {
      requestInProgress = undefined;
    }
  };
  const refreshOnce = (): Promise<void> => {
    requestInProgress ??= refresh();
    return requestInProgress;
  };

  return async (query) => {
    if (query.alg === 'HS256') return undefined;
    const ageMs = clock.monotonic() - (known?.fetchedAtMs ?? Number.NEGATIVE_INFINITY);
    const mayRetry = known === undefined || clock.monotonic() - triedAtMs > RETRY_MS;
    const refreshed = ageMs > FRESH_MS && mayRetry ? refreshOnce() : requestInProgress;
    if (ageMs > USABLE_MS) await refreshed;
    const found = await pick(known, query);
    if (found !== undefined) return found;
    // Only a token with an unknown key id waits for the provider.
    await (refreshed ?? (clock.monotonic() - triedAtMs >= RETRY_MS ? refreshOnce() : undefined));
    return pick(known, query);
  };
};

/** The key with this id that fits the algorithm. A token without an id is verified only if there is a single key. */
const pick = async (known: KeySet | undefined, { alg, kid }: KeyQuery): Promise<KeyObject | undefined> => {
  if (known === undefined || (kid === undefined && known.size !== 1)) return undefined;
  try {
    return KeyObject.from(await known.find(defined({ alg, kid })));
  } catch (error) {
    if (error instanceof errors.JWKSMultipleMatchingKeys) for await (const first of error) return KeyObject.from(first);
    return undefined;
  }
};

const TOKEN_LIFETIME_S = 30 * 24 * 3_600;

export type SignIn = {
  readonly authenticate: Authenticate;
  readonly sessions: ApiContext['sessions'];
  /** A token with all permissions, in development mode only, where the secret is known. */
  readonly developmentToken: string | undefined;
  /** Sets the log for checking credentials when it is open. */
  readFrom(store: EventStore): void;
};

/** Accepts tokens of JWT_SECRET or JWT_JWKS_URL; with neither (development mode), of the generated secret. */
export const createSignIn = async (base: Base): Promise<SignIn> => {
  const { config, madeUp, ring, local, world } = base;
  const { auth } = config;
  const { clock } = world;
  const apiTokens = createTokenLookup(local);
  const erasures = createLogLookup<string, TenantErasure>('tenants', local);
  const endedSessions = createLogLookup<SessionOwner, EndedSessions>('sessions', local);
  const secret = auth.secret ?? (auth.jwksUrl === undefined ? madeUp?.jwtSecret : undefined);
  const keys = secret === undefined ? publishedKeys(fetchKeySetFrom(auth.jwksUrl ?? ''), clock) : secretKeys(secret);
  const cookie = { sessionCookie: auth.sessionCookie, publicUrl: config.http.publicUrl };
  const seal = createSessionSeal(ring, world);
  const identify = createIdentify({
    keys,
    clock,
    findToken: apiTokens.find,
    findEndedSessions: endedSessions.find,
    sessions: seal,
    ...auth,
  });
  return {
    authenticate: createAuthenticate({
      identify,
      isErased: (tenant) => erasures.peek(tenant) !== undefined,
      ...cookie,
    }),
    sessions: {
      identify,
      seal,
      cookie,
      forgetEnded: endedSessions.forget,
      oidc: await createOidcSignIn(base, cookie),
    },
    developmentToken:
      config.mode === 'development' && secret !== undefined ? tokenFor(config, secret, clock.now()) : undefined,
    readFrom: (store) => {
      apiTokens.readFrom({
        token: async (tokenId) => (await loadDocument(store, TOKENS, tokenId)).state,
        lastId: () => lastReservedId(store, 'tokens'),
      });
      erasures.readFrom(async (tenant) => (await loadDocument(store, ERASURES, tenant)).state);
      endedSessions.readFrom(async (owner) => (await loadDocument(store, ENDED_SESSIONS, owner)).state);
    },
  };
};

/** Settings for browser sign-in; `undefined` if no provider is configured. */
const createOidcSignIn = async (
  { config: { oidc, auth }, ring, world }: Base,
  cookie: CookieRules,
): Promise<OidcSignIn | undefined> => {
  if (oidc === undefined) return undefined;
  const { createIdentityProvider } = await import('../http/sessions/oidc/provider.ts');
  const deps = { ...world, keys: ring, cookie };
  const redirectUri = `${oidc.publicUrl}${CALLBACK_PATH}`;
  return {
    ...auth,
    ...oidc,
    provider: createIdentityProvider({ ...oidc, redirectUri }, deps),
    handshakes: createHandshakes(deps),
  };
};

const tokenFor = ({ auth }: Config, secret: string, nowMs: number): string =>
  signToken({
    secret,
    subject: 'developer',
    claims: {
      permissions: ['scheduler:admin'],
      ...defined({ iss: auth.issuer, aud: auth.audience }),
    },
    nowMs,
    lifetimeSeconds: TOKEN_LIFETIME_S,
  });
