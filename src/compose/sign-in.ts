import { lastReservedId } from '../commands/loop/ids.ts';
import { loadEndedSessions, loadErasure, loadToken } from '../commands/loop/load.ts';
import type { Config } from '../config.ts';
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
import { fetchKeySetFrom, publishedKeys } from '../http/tokens/jwks.ts';
import { signToken } from '../http/tokens/sign-token.ts';
import { createTokenLookup } from '../http/tokens/token-caller.ts';
import { secretKeys } from '../http/tokens/verify-token.ts';
import type { Base } from './shared.ts';

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
        token: async (tokenId) => (await loadToken(store, tokenId)).state,
        lastId: () => lastReservedId(store, 'tokens'),
      });
      erasures.readFrom(async (tenant) => (await loadErasure(store, tenant)).state);
      endedSessions.readFrom(async (owner) => (await loadEndedSessions(store, owner)).state);
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
