import type { Config } from '../config.ts';
import type { EndedSessions } from '../domain/events/index.ts';
import type { SessionOwner } from '../domain/session.ts';
import type { Tenant } from '../domain/values.ts';
import type { AppDeps } from '../http/app.ts';
import { type Authenticate, createAuthenticate } from '../http/callers/authenticate.ts';
import { createIdentify } from '../http/callers/identify.ts';
import type { FindToken, LogLookup } from '../http/callers/log-lookup.ts';
import { createHandshakes } from '../http/sessions/oidc/handshakes.ts';
import { createIdentityProvider } from '../http/sessions/oidc/provider.ts';
import { CALLBACK_PATH, type OidcSignIn } from '../http/sessions/oidc/router.ts';
import type { SealingKeys } from '../http/sessions/seal.ts';
import { createSessionSeal } from '../http/sessions/session.ts';
import type { CookieRules } from '../http/sessions/session-cookie.ts';
import { fetchSigningKeysFrom, publishedKeys } from '../http/tokens/jwks.ts';
import { signToken } from '../http/tokens/sign-token.ts';
import { secretKeys } from '../http/tokens/verification-keys.ts';
import type { World } from '../runtime/world.ts';

const TOKEN_LIFETIME_S = 30 * 24 * 3_600;

type SignIn = {
  readonly authenticate: Authenticate;
  readonly sessions: AppDeps['sessions'];
  /** A token with all permissions. Only in development mode, where the secret is known here. */
  readonly developmentToken: string | undefined;
};

type SignInDeps = Pick<World, 'clock' | 'random' | 'log'> & {
  readonly findToken: FindToken;
  readonly endedSessions: Pick<LogLookup<SessionOwner, EndedSessions>, 'find' | 'forget'>;
  readonly isErased: (tenant: Tenant) => boolean;
  readonly ring: SealingKeys;
};

/** Accepts tokens of JWT_SECRET or of JWT_JWKS_URL; with neither (development mode), of the generated secret. */
export const createSignIn = (
  config: Config,
  madeUpSecret: string | undefined,
  { clock, random, log, findToken, endedSessions, isErased, ring }: SignInDeps,
): SignIn => {
  const { auth } = config;
  const secret = auth.secret ?? (auth.jwksUrl === undefined ? madeUpSecret : undefined);
  const keys =
    secret === undefined ? publishedKeys(fetchSigningKeysFrom(auth.jwksUrl ?? ''), clock) : secretKeys(secret);
  const cookie = { sessionCookie: auth.sessionCookie, publicUrl: config.http.publicUrl };
  const seal = createSessionSeal(ring, { clock, random });
  const identify = createIdentify({
    keys,
    clock,
    findToken,
    findEndedSessions: endedSessions.find,
    sessions: seal,
    ...auth,
  });
  return {
    authenticate: createAuthenticate({ identify, isErased, ...cookie }),
    sessions: {
      identify,
      seal,
      cookie,
      forgetEnded: endedSessions.forget,
      oidc: createOidcSignIn(config, { keys: ring, cookie, clock, random, log }),
    },
    developmentToken:
      config.mode === 'development' && secret !== undefined ? tokenFor(config, secret, clock.now()) : undefined,
  };
};

type OidcDeps = Pick<World, 'clock' | 'random' | 'log'> & { readonly keys: SealingKeys; readonly cookie: CookieRules };

/** How browsers sign in at the identity provider; undefined where none is set up. */
const createOidcSignIn = ({ oidc, auth }: Config, deps: OidcDeps): OidcSignIn | undefined => {
  if (oidc === undefined) return undefined;
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
      ...(auth.issuer === undefined ? {} : { iss: auth.issuer }),
      ...(auth.audience === undefined ? {} : { aud: auth.audience }),
    },
    nowMs,
    lifetimeSeconds: TOKEN_LIFETIME_S,
  });
