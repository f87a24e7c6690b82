import * as oidc from 'openid-client';
import type { RefusalCode } from '../../../domain/codes/problem-codes.ts';
import { Refusal } from '../../../domain/refusal.ts';

/** The identity provider did not answer, or does not take this service for its client. */
export class SignInUnavailable extends Error {
  override readonly name = 'SignInUnavailable';
  readonly code = 'SIGN_IN_UNAVAILABLE' satisfies RefusalCode;
  constructor(why: string) {
    super(`the identity provider cannot be used: ${why}`);
  }
}

/** What the token endpoint says of a code; all else that it says is about the client. */
const OF_THE_CODE: ReadonlySet<string> = new Set(['invalid_grant', 'invalid_request', 'access_denied']);
/** Errors of OAuth are of these letters; what else stands in an address is repeated to nobody. */
const ERROR_WORD = /^[a-z_]{1,40}$/;

/**
 * What went wrong at the provider, as one of our own errors, which names no token, code or state: what a browser sent is
 * refused, and what only an operator can mend is unavailable.
 */
export const toSignInError = (error: unknown): Error => {
  if (error instanceof oidc.AuthorizationResponseError) {
    const remedy = error.error === 'access_denied' ? ': ask who manages it there to let you use this service' : '';
    return refused(`the provider said ${wordOf(error.error)}${remedy}`);
  }
  if (error instanceof oidc.ResponseBodyError) {
    if (OF_THE_CODE.has(error.error)) return refused('the code was used before, has expired, or is of another sign-in');
    return new SignInUnavailable(`it said ${wordOf(error.error)}: check OIDC_CLIENT_ID and OIDC_CLIENT_SECRET`);
  }
  if (error instanceof oidc.WWWAuthenticateChallengeError) {
    return new SignInUnavailable('it does not take the client: check OIDC_CLIENT_ID and OIDC_CLIENT_SECRET');
  }
  if (error instanceof oidc.ClientError) return ofClient(error);
  return new SignInUnavailable(`it could not be reached${causeOf(error)}: check OIDC_ISSUER, or try again`);
};

const ofClient = ({ code, cause }: oidc.ClientError): Error => {
  switch (code) {
    case 'OAUTH_JWT_TIMESTAMP_CHECK_FAILED':
      return refused('the ID token has expired, or is not valid yet: the clocks of provider and service must agree');
    case 'OAUTH_JWT_CLAIM_COMPARISON_FAILED':
      return refused('the ID token is of another issuer, for another audience or of another sign-in');
    case 'OAUTH_INVALID_RESPONSE':
    case 'OAUTH_KEY_SELECTION_FAILED':
      return refused('what the provider answered does not belong to this sign-in');
    case 'OAUTH_RESPONSE_IS_NOT_CONFORM':
      return new SignInUnavailable(`it answered ${cause instanceof Response ? cause.status : 'what is not expected'}`);
    case 'OAUTH_TIMEOUT':
      return new SignInUnavailable('it did not answer in time');
    default:
      return new SignInUnavailable(`its answers cannot be used (${code ?? 'unknown'}): check OIDC_ISSUER`);
  }
};

const refused = (why: string): Refusal => new Refusal('SIGN_IN_REFUSED', `signing in failed: ${why}`);

const wordOf = (said: string): string => (ERROR_WORD.test(said) ? said : 'that it failed');

/** The code of the network's error, such as ECONNREFUSED. */
const causeOf = (error: unknown): string => {
  const cause = error instanceof Error ? error.cause : undefined;
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  return typeof code === 'string' ? ` (${code})` : '';
};
