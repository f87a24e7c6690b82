import * as oidc from 'openid-client';
import type { DomainErrorCode } from '../../../domain/codes/problem-codes.ts';
import { DomainError } from '../../../domain/domain-error.ts';
import { createOutageLog } from '../../../runtime/retry.ts';
import type { Runtime } from '../../../runtime/runtime.ts';

export type ProviderSettings = {
  readonly issuer: string;
  readonly clientId: string;
  /** `undefined` for a public client, which only PKCE protects. */
  readonly clientSecret: string | undefined;
  readonly scopes: readonly string[];
  /** Where the provider redirects the browser to. */
  readonly redirectUri: string;
};

/** Ties the provider's response to the browser that requested it. */
export type Handshake = { readonly state: string; readonly nonce: string; readonly verifier: string };

/** An identity provider (OpenID Connect). Its errors contain nothing that was sent or received. */
export type IdentityProvider = {
  /** The sign-in page. @throws SignInUnavailable */
  authorizationUrl(handshake: Handshake): Promise<URL>;
  /**
   * The claims of the ID token that the provider issues for the code in a callback's query.
   * @throws DomainError SIGN_IN_REJECTED
   * @throws SignInUnavailable
   */
  claimsOf(query: string, handshake: Handshake): Promise<Readonly<Record<string, unknown>>>;
  /** The provider's sign-out page; `undefined` if it has none. @throws SignInUnavailable */
  endSessionUrl(afterwards: string): Promise<URL | undefined>;
};

const TIMEOUT_S = 5;
/** Like for bearer tokens. */
const CLOCK_TOLERANCE_S = 60;
/** How long the provider's metadata is cached. */
const FRESH_MS = 600_000;

/** Creates the client of an identity provider. Contacts the provider at the first sign-in. */
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
      const response = await use(await configuration());
      outage.worked();
      return response;
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
        const response = await oidc.authorizationCodeGrant(client, new URL(`${settings.redirectUri}?${query}`), {
          expectedState: state,
          expectedNonce: nonce,
          pkceCodeVerifier: verifier,
          idTokenExpected: true,
        });
        return response.claims() ?? {};
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
        // Checks the signature of ID tokens, although they come from the provider itself.
        oidc.enableNonRepudiationChecks,
        ...(issuer.startsWith('http:') ? [oidc.allowInsecureRequests] : []),
      ],
    },
  );

/**
 * Sends the secret in the header, the default of OpenID Connect if a provider does not specify it, otherwise in the body.
 */
const bySecret =
  (secret: string): oidc.ClientAuth =>
  (server, client, body, headers) => {
    const { token_endpoint_auth_methods_supported: methods = ['client_secret_basic'] } = server;
    const send = methods.includes('client_secret_basic') ? oidc.ClientSecretBasic : oidc.ClientSecretPost;
    return send(secret)(server, client, body, headers);
  };

/** The identity provider did not respond, or does not accept this service as a client. */
class SignInUnavailable extends Error {
  override readonly name = 'SignInUnavailable';
  readonly code = 'SIGN_IN_UNAVAILABLE' satisfies DomainErrorCode;
  constructor(why: string) {
    super(`the identity provider is unavailable: ${why}`);
  }
}

/** Errors of the token endpoint about a code; all others are about the client. */
const OF_THE_CODE: ReadonlySet<string> = new Set(['invalid_grant', 'invalid_request', 'access_denied']);
/** Format of OAuth errors; other text of an address is never repeated. */
const ERROR_WORD = /^[a-z_]{1,40}$/;

/**
 * Converts an error of the provider to one without tokens, codes or states: a browser's mistake is rejected; what only an
 * operator can fix is unavailable.
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
