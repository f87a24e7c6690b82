import * as oidc from 'openid-client';
import type { DomainErrorCode } from '../../../domain/codes/problem-codes.ts';
import { DomainError } from '../../../domain/domain-error.ts';
import { createOutageLog } from '../../../runtime/retry.ts';
import type { Runtime } from '../../../runtime/runtime.ts';

export type ProviderSettings = {
  readonly issuer: string;
  readonly clientId: string;
  /** Undefined: a public client, which only PKCE protects. */
  readonly clientSecret: string | undefined;
  readonly scopes: readonly string[];
  /** Where the provider sends the browser back to. */
  readonly redirectUri: string;
};

/** What ties the answer of the provider to the browser that asked for it. */
export type Handshake = { readonly state: string; readonly nonce: string; readonly verifier: string };

/** An identity provider, by OpenID Connect. Its errors hold nothing of what it was sent or answered. */
export type IdentityProvider = {
  /** Where a browser signs in. @throws SignInUnavailable */
  authorizationUrl(handshake: Handshake): Promise<URL>;
  /**
   * The claims of the ID token that the provider gives for the code in the query of a callback.
   * @throws DomainError SIGN_IN_REJECTED
   * @throws SignInUnavailable
   */
  claimsOf(query: string, handshake: Handshake): Promise<Readonly<Record<string, unknown>>>;
  /** Where a browser signs out there too; undefined where the provider has no such page. @throws SignInUnavailable */
  endSessionUrl(afterwards: string): Promise<URL | undefined>;
};

const TIMEOUT_S = 5;
/** As with bearer tokens. */
const CLOCK_TOLERANCE_S = 60;
/** What the provider says of itself is asked for again after this time. */
const FRESH_MS = 600_000;

/** Builds the client of an identity provider. It asks the provider nothing before the first sign-in. */
export const createIdentityProvider = (settings: ProviderSettings, { clock, log }: Runtime): IdentityProvider => {
  const outage = createOutageLog(log, 'sign-ins with the identity provider', { issuer: settings.issuer });
  let known: { readonly discovered: Promise<oidc.Configuration>; readonly atMs: number } | undefined;

  const configuration = (): Promise<oidc.Configuration> => {
    const nowMs = clock.monotonic();
    if (known !== undefined && nowMs - known.atMs < FRESH_MS) return known.discovered;
    const begun = { discovered: discover(settings), atMs: nowMs };
    known = begun;
    begun.discovered.catch(() => {
      if (known === begun) known = undefined;
    });
    return begun.discovered;
  };
  const withProvider = async <T>(use: (configuration: oidc.Configuration) => T | Promise<T>): Promise<T> => {
    try {
      const answer = await use(await configuration());
      outage.worked();
      return answer;
    } catch (error) {
      const failure = toSignInError(error);
      if (failure instanceof SignInUnavailable) outage.failed(failure);
      throw failure;
    }
  };

  return {
    authorizationUrl: ({ state, nonce, verifier }) =>
      withProvider(async (client) =>
        oidc.buildAuthorizationUrl(client, {
          redirect_uri: settings.redirectUri,
          scope: settings.scopes.join(' '),
          state,
          nonce,
          code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
          code_challenge_method: 'S256',
        }),
      ),
    claimsOf: (query, { state, nonce, verifier }) =>
      withProvider(async (client) => {
        const answer = await oidc.authorizationCodeGrant(client, new URL(`${settings.redirectUri}?${query}`), {
          expectedState: state,
          expectedNonce: nonce,
          pkceCodeVerifier: verifier,
          idTokenExpected: true,
        });
        return answer.claims() ?? {};
      }),
    endSessionUrl: (afterwards) =>
      withProvider((client) =>
        client.serverMetadata().end_session_endpoint === undefined
          ? undefined
          : oidc.buildEndSessionUrl(client, { post_logout_redirect_uri: afterwards }),
      ),
  };
};

const discover = ({ issuer, clientId, clientSecret }: ProviderSettings): Promise<oidc.Configuration> =>
  oidc.discovery(
    new URL(issuer),
    clientId,
    { [oidc.clockTolerance]: CLOCK_TOLERANCE_S },
    clientSecret === undefined ? oidc.None() : bySecret(clientSecret),
    {
      timeout: TIMEOUT_S,
      execute: [
        // The signature of ID tokens is checked, though they come from the provider itself.
        oidc.enableNonRepudiationChecks,
        ...(issuer.startsWith('http:') ? [oidc.allowInsecureRequests] : []),
      ],
    },
  );

/** Sends the secret in the header, as OpenID Connect has it where a provider says nothing else, else in the body. */
const bySecret =
  (secret: string): oidc.ClientAuth =>
  (server, client, body, headers) => {
    const { token_endpoint_auth_methods_supported: methods = ['client_secret_basic'] } = server;
    const send = methods.includes('client_secret_basic') ? oidc.ClientSecretBasic : oidc.ClientSecretPost;
    return send(secret)(server, client, body, headers);
  };

/** The identity provider did not answer, or does not take this service for its client. */
class SignInUnavailable extends Error {
  override readonly name = 'SignInUnavailable';
  readonly code = 'SIGN_IN_UNAVAILABLE' satisfies DomainErrorCode;
  constructor(why: string) {
    super(`the identity provider is unavailable: ${why}`);
  }
}

/** What the token endpoint says of a code; all else that it says is about the client. */
const OF_THE_CODE: ReadonlySet<string> = new Set(['invalid_grant', 'invalid_request', 'access_denied']);
/** Errors of OAuth are of these letters; what else stands in an address is repeated to nobody. */
const ERROR_WORD = /^[a-z_]{1,40}$/;

/**
 * What went wrong at the provider, as one of our own errors, which names no token, code or state: what a browser sent is
 * rejected, and what only an operator can mend is unavailable.
 */
const toSignInError = (error: unknown): Error => {
  if (error instanceof oidc.AuthorizationResponseError) {
    const remedy = error.error === 'access_denied' ? ': ask its administrator for access to this service' : '';
    return rejected(`the provider rejected the sign-in: ${wordOf(error.error)}${remedy}`);
  }
  if (error instanceof oidc.ResponseBodyError) {
    if (OF_THE_CODE.has(error.error))
      return rejected('the code was already used, has expired, or belongs to another sign-in: sign in again');
    return new SignInUnavailable(`it responded ${wordOf(error.error)}: check OIDC_CLIENT_ID and OIDC_CLIENT_SECRET`);
  }
  if (error instanceof oidc.WWWAuthenticateChallengeError) {
    return new SignInUnavailable('it rejected the client: check OIDC_CLIENT_ID and OIDC_CLIENT_SECRET');
  }
  if (error instanceof oidc.ClientError) return ofClient(error);
  return new SignInUnavailable(`it could not be reached${causeOf(error)}: check OIDC_ISSUER, or retry`);
};

const ofClient = ({ code, cause }: oidc.ClientError): Error => {
  switch (code) {
    case 'OAUTH_JWT_TIMESTAMP_CHECK_FAILED':
      return rejected('the ID token has expired or is not valid yet: synchronize the clocks of provider and service');
    case 'OAUTH_JWT_CLAIM_COMPARISON_FAILED':
      return rejected('the ID token belongs to another issuer, audience or sign-in');
    case 'OAUTH_INVALID_RESPONSE':
    case 'OAUTH_KEY_SELECTION_FAILED':
      return rejected('the response of the provider does not belong to this sign-in');
    case 'OAUTH_RESPONSE_IS_NOT_CONFORM':
      return new SignInUnavailable(
        `its response is invalid${cause instanceof Response ? ` (status ${cause.status})` : ''}`,
      );
    case 'OAUTH_TIMEOUT':
      return new SignInUnavailable('it did not respond in time');
    default:
      return new SignInUnavailable(`its responses are invalid (${code ?? 'unknown'}): check OIDC_ISSUER`);
  }
};

const rejected = (why: string): DomainError => new DomainError('SIGN_IN_REJECTED', `signing in failed: ${why}`);

const wordOf = (said: string): string => (ERROR_WORD.test(said) ? said : 'an unspecified error');

/** The code of the network's error, such as ECONNREFUSED. */
const causeOf = (error: unknown): string => {
  const cause = error instanceof Error ? error.cause : undefined;
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  return typeof code === 'string' ? ` (${code})` : '';
};
