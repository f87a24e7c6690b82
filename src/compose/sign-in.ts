import type { Config } from '../config.ts';
import { type Authenticate, createAuthenticate } from '../http/authenticate.ts';
import { createIdentify } from '../http/identify.ts';
import type { SessionRouterDeps } from '../http/sessions/router.ts';
import type { SealingKeys } from '../http/sessions/seal.ts';
import { createSessionSeal } from '../http/sessions/session.ts';
import { fetchSigningKeysFrom, publishedKeys } from '../http/tokens/jwks.ts';
import { signToken } from '../http/tokens/sign-token.ts';
import type { FindToken } from '../http/tokens/token-lookup.ts';
import { secretKeys } from '../http/tokens/verification-keys.ts';
import type { World } from '../world.ts';

const TOKEN_LIFETIME_S = 30 * 24 * 3_600;

type SignIn = {
  readonly authenticate: Authenticate;
  readonly sessions: SessionRouterDeps['sessions'];
  /** A token with all permissions. Only in development mode, where the secret is known here. */
  readonly developmentToken: string | undefined;
};

/** Accepts tokens of JWT_SECRET or of JWT_JWKS_URL; with neither (development mode), of the generated secret. */
export const createSignIn = (
  config: Config,
  madeUpSecret: string | undefined,
  { clock, findToken, ring }: Pick<World, 'clock'> & { readonly findToken: FindToken; readonly ring: SealingKeys },
): SignIn => {
  const { auth } = config;
  const secret = auth.secret ?? (auth.jwksUrl === undefined ? madeUpSecret : undefined);
  const keys =
    secret === undefined ? publishedKeys(fetchSigningKeysFrom(auth.jwksUrl ?? ''), clock) : secretKeys(secret);
  const cookie = { sessionCookie: auth.sessionCookie, publicUrl: config.http.publicUrl };
  const seal = createSessionSeal(ring, clock);
  const identify = createIdentify({ keys, clock, findToken, sessions: seal, ...auth });
  return {
    authenticate: createAuthenticate({ identify, ...cookie }),
    sessions: { identify, seal, cookie },
    developmentToken:
      config.mode === 'development' && secret !== undefined ? tokenFor(config, secret, clock.now()) : undefined,
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
