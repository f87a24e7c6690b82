import { createPublicKey, type KeyObject } from 'node:crypto';
import { JwksClient, type SigningKey } from 'jwks-rsa';
import type { RefusalCode } from '../../domain/codes/problem-codes.ts';
import type { Clock } from '../../runtime/world.ts';
import type { KeyQuery, TokenAlgorithm, VerificationKeys } from './verification-keys.ts';

/** Older keys are fetched again in the background, and used meanwhile. */
const FRESH_MS = 600_000;
/** Older keys are fetched again before they are used, because a key may have been withdrawn. */
const USABLE_MS = 3_600_000;
/** Least time between fetches that unknown key ids cause: callers can invent ids at will. */
const ASK_AGAIN_MS = 30_000;
const TIMEOUT_MS = 5_000;

/** No keys could be fetched yet, so tokens cannot be checked. */
export class KeysUnavailable extends Error {
  override readonly name = 'KeysUnavailable';
  readonly code = 'KEYS_UNAVAILABLE' satisfies RefusalCode;
  constructor(cause: unknown) {
    super('the keys that tokens are checked with could not be fetched', { cause });
  }
}

export type FetchSigningKeys = () => Promise<readonly SigningKey[]>;
type KeySet = { readonly keys: readonly SigningKey[]; readonly fetchedAtMs: number };

/** Fetches the signing keys at a JWKS URL, within 5 s. */
export const fetchSigningKeysFrom = (url: string): FetchSigningKeys => {
  const client = new JwksClient({ jwksUri: url, cache: false, rateLimit: false, timeout: TIMEOUT_MS });
  return () => client.getSigningKeys();
};

/**
 * Verification keys that an identity provider publishes. Where a fetch fails, the keys of the last one stay in use.
 * @throws KeysUnavailable where no fetch has succeeded yet
 */
export const publishedKeys = (fetchSigningKeys: FetchSigningKeys, clock: Clock): VerificationKeys => {
  let known: KeySet | undefined;
  let triedAtMs = Number.NEGATIVE_INFINITY;
  let underWay: Promise<void> | undefined;

  const refresh = async (): Promise<void> => {
    triedAtMs = clock.monotonic();
    try {
      known = { keys: await fetchSigningKeys(), fetchedAtMs: triedAtMs };
    } catch (error) {
      if (known === undefined) {
        throw new KeysUnavailable(error);
      }
    } finally {
      underWay = undefined;
    }
  };
  const refreshOnce = (): Promise<void> => {
    underWay ??= refresh();
    return underWay;
  };

  return async (query) => {
    if (query.alg === 'HS256') return undefined;
    const ageMs = clock.monotonic() - (known?.fetchedAtMs ?? Number.NEGATIVE_INFINITY);
    const mayAsk = known === undefined || clock.monotonic() - triedAtMs > ASK_AGAIN_MS;
    const refreshed = ageMs > FRESH_MS && mayAsk ? refreshOnce() : underWay;
    if (ageMs > USABLE_MS) await refreshed;
    const found = pick(known, query);
    if (found !== undefined) return found;
    // Only a token with an unknown key id waits for the provider.
    await (refreshed ?? (clock.monotonic() - triedAtMs >= ASK_AGAIN_MS ? refreshOnce() : undefined));
    return pick(known, query);
  };
};

const pick = (known: KeySet | undefined, { alg, kid }: KeyQuery): KeyObject | undefined => {
  const keys = known?.keys ?? [];
  const named = kid === undefined ? (keys.length === 1 ? keys : []) : keys.filter((key) => key.kid === kid);
  const [first] = named.filter((key) => !key.alg || key.alg === alg);
  const key = first && createPublicKey(first.getPublicKey());
  return key !== undefined && fits(key, alg) ? key : undefined;
};

const CURVES: Readonly<Partial<Record<TokenAlgorithm, string>>> = {
  ES256: 'prime256v1',
  ES384: 'secp384r1',
  ES512: 'secp521r1',
};

const fits = (key: KeyObject, alg: TokenAlgorithm): boolean => {
  switch (key.asymmetricKeyType) {
    case 'rsa':
      return alg.startsWith('RS') || alg.startsWith('PS');
    case 'rsa-pss':
      return alg.startsWith('PS');
    case 'ec':
      return CURVES[alg] !== undefined && CURVES[alg] === key.asymmetricKeyDetails?.namedCurve;
    case 'ed25519':
    case 'ed448':
      return alg === 'EdDSA';
    default:
      return false;
  }
};
