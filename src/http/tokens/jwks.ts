import { KeyObject } from 'node:crypto';
import { createLocalJWKSet, errors, type JSONWebKeySet } from 'jose';
import { z } from 'zod';
import type { DomainErrorCode } from '../../domain/codes/problem-codes.ts';
import { defined } from '../../domain/defined.ts';
import type { Clock } from '../../runtime/runtime.ts';
import type { KeyQuery, VerificationKeys } from './verify-token.ts';

/** Older keys are refetched in the background and used in the meantime. */
const FRESH_MS = 600_000;
/** Older keys are refetched before use, because a key may have been withdrawn. */
const USABLE_MS = 3_600_000;
/** Minimum time between fetches for unknown key ids, because callers can invent ids. */
const ASK_AGAIN_MS = 30_000;
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

export type FetchKeySet = () => Promise<JSONWebKeySet>;
type KeySet = {
  readonly find: ReturnType<typeof createLocalJWKSet>;
  readonly size: number;
  readonly fetchedAtMs: number;
};

/** Fetches the keys at a JWKS URL, within 5 s. */
export const fetchKeySetFrom =
  (url: string): FetchKeySet =>
  async () => {
    const answer = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS), redirect: 'error' });
    if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
    return KeySetDocument.parse(await answer.json());
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
    const mayAsk = known === undefined || clock.monotonic() - triedAtMs > ASK_AGAIN_MS;
    const refreshed = ageMs > FRESH_MS && mayAsk ? refreshOnce() : requestInProgress;
    if (ageMs > USABLE_MS) await refreshed;
    const found = await pick(known, query);
    if (found !== undefined) return found;
    // Only a token with an unknown key id waits for the provider.
    await (refreshed ?? (clock.monotonic() - triedAtMs >= ASK_AGAIN_MS ? refreshOnce() : undefined));
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
