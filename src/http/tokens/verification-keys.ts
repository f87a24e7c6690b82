import { createSecretKey, type KeyObject } from 'node:crypto';

/** `HS256` is for the shared secret, all others for keys that an identity provider publishes. */
export const ALGORITHMS = [
  'HS256',
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
] as const;
export type TokenAlgorithm = (typeof ALGORITHMS)[number];

export type KeyQuery = { readonly alg: TokenAlgorithm; readonly kid: string | undefined };
/** Finds the key that may have signed a token; `undefined` if there is none. */
export type VerificationKeys = (query: KeyQuery) => Promise<KeyObject | undefined>;

/** RFC 7518, 3.2: a key must be no shorter than the hash. */
const MIN_SECRET_BYTES = 32;

/** JWT_SECRET is too short for HS256. */
export class WeakSecret extends Error {
  override readonly name = 'WeakSecret';
  readonly code = 'WEAK_JWT_SECRET';
}

/**
 * Verification keys for tokens signed with the shared secret.
 * @throws WeakSecret under 32 bytes
 */
export const secretKeys = (secret: string): VerificationKeys => {
  const bytes = Buffer.from(secret, 'utf8');
  if (bytes.length < MIN_SECRET_BYTES) {
    throw new WeakSecret(`JWT_SECRET has ${bytes.length} bytes; HS256 needs at least ${MIN_SECRET_BYTES}`);
  }
  const key = createSecretKey(bytes);
  return async ({ alg }) => (alg === 'HS256' ? key : undefined);
};
