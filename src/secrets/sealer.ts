import type { ApplicationId, Tenant } from '../domain/values.ts';
import type { EventStore } from '../event-store/port.ts';
import { createStreamQueues, type StreamQueues } from '../event-store/stream-queues.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { type ApplicationKeys, createApplicationKeys } from './application-keys.ts';
import type { KeyOwner } from './data-key.ts';
import {
  currentDataKey,
  currentGeneration,
  eraseDataKey,
  existingDataKey,
  type KeyLogDeps,
  rewrapDataKey,
} from './key-log.ts';
import type { KeyRing } from './key-ring.ts';

/** How long a data key is cached. It limits how long this process goes on using a key that another one erased. */
const CACHE_MS = 60_000;

export type Sealer = {
  /**
   * Returns the keys of an application from a cache of up to one minute. Creates the data key if there is none.
   * @throws RingKeyUnknown, DataKeyBroken
   */
  keysOf(tenant: Tenant, applicationId: ApplicationId): Promise<ApplicationKeys>;
  /**
   * Returns the keys of an application as the log has them now. Use it to seal values that are stored: a cached key may
   * have been erased by another process, and values sealed with it would be lost.
   * @throws RingKeyUnknown, DataKeyBroken
   */
  freshKeysOf(tenant: Tenant, applicationId: ApplicationId): Promise<ApplicationKeys>;
  /** Returns the keys of an application as `freshKeysOf` does, and undefined if there is no data key. */
  existingKeysOf(tenant: Tenant, applicationId: ApplicationId): Promise<ApplicationKeys | undefined>;
  /**
   * Returns the generation of the current data key, searching from generation `from` on; undefined if there is none.
   */
  currentGeneration(key: Omit<KeyOwner, 'generation'> & { readonly from: number }): Promise<number | undefined>;
  /**
   * Re-encrypts a data key with the current key of the ring. Returns false if that is already so or there is no data
   * key.
   * @throws RingKeyUnknown, DataKeyBroken
   */
  rewrap(key: KeyOwner): Promise<boolean>;
  /** Deletes a data key for good. Other processes stop using it within a minute. */
  erase(key: KeyOwner): Promise<void>;
};

type SealerOptions = {
  readonly store: EventStore;
  readonly ring: KeyRing;
  readonly world: Runtime;
  /** Shared with the other code of this process that appends to the log. */
  readonly lanes?: StreamQueues;
};

type CachedKeys = { readonly keys: Promise<ApplicationKeys>; readonly untilMs: number };

/** Creates the sealer. Each application has one data key, which the log stores encrypted by the key ring. */
export const createSealer = ({ store, ring, world, lanes = createStreamQueues() }: SealerOptions): Sealer => {
  const keyLog: KeyLogDeps = { store, ring, world, lanes };
  const cached = new Map<string, CachedKeys>();

  const load = async (tenant: Tenant, applicationId: ApplicationId): Promise<ApplicationKeys> =>
    createApplicationKeys(await currentDataKey(keyLog, tenant, applicationId), world.random);

  const cache = (name: string, keys: Promise<ApplicationKeys>): Promise<ApplicationKeys> => {
    const entry = { keys, untilMs: world.clock.monotonic() + CACHE_MS };
    cached.set(name, entry);
    keys.catch(() => {
      if (cached.get(name) === entry) cached.delete(name);
    });
    return keys;
  };

  return {
    keysOf: (tenant, applicationId) => {
      const name = cacheKey({ tenant, applicationId });
      const known = cached.get(name);
      if (known !== undefined && world.clock.monotonic() < known.untilMs) return known.keys;
      return cache(name, load(tenant, applicationId));
    },
    freshKeysOf: (tenant, applicationId) => cache(cacheKey({ tenant, applicationId }), load(tenant, applicationId)),
    existingKeysOf: async (tenant, applicationId) => {
      const key = await existingDataKey(keyLog, tenant, applicationId);
      return key && createApplicationKeys(key, world.random);
    },
    currentGeneration: (key) => currentGeneration(keyLog, key),
    rewrap: (key) => rewrapDataKey(keyLog, key),
    erase: async (key) => {
      await eraseDataKey(keyLog, key);
      cached.delete(cacheKey(key));
    },
  };
};

const cacheKey = ({ tenant, applicationId }: Omit<KeyOwner, 'generation'>): string =>
  JSON.stringify([tenant, applicationId]);
