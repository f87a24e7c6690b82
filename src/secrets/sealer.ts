import type { ApplicationId, Tenant } from '../domain/values.ts';
import { createLanes, type Lanes } from '../event-store/lanes.ts';
import type { EventStore } from '../event-store/port.ts';
import type { World } from '../world.ts';
import { type ApplicationKeys, createApplicationKeys } from './application-keys.ts';
import type { KeyOwner } from './data-key.ts';
import { dataKeyInForce, eraseDataKey, generationInForce, type KeyLog, rewrapDataKey } from './key-log.ts';
import type { KeyRing } from './key-ring.ts';

/** How long a data key is used without looking at the log again, so that an erased one is soon given up. */
const KEPT_MS = 60_000;

export type Sealer = {
  /**
   * What opens and seals an application's secrets, up to a minute old; its data key is made where there is none.
   * @throws RingKeyUnknown, DataKeyBroken
   */
  keysOf(tenant: Tenant, applicationId: ApplicationId): Promise<ApplicationKeys>;
  /**
   * The same, as the log has it now: for sealing what is to last. A key that another process erased would lose it.
   * @throws RingKeyUnknown, DataKeyBroken
   */
  freshKeysOf(tenant: Tenant, applicationId: ApplicationId): Promise<ApplicationKeys>;
  /** The generation of the data key that is there, not before `from`; undefined for none. */
  generationInForce(key: Omit<KeyOwner, 'generation'> & { readonly from: number }): Promise<number | undefined>;
  /**
   * Wraps a data key by the ring's current key; false where it is so already, or there is none.
   * @throws RingKeyUnknown, DataKeyBroken
   */
  rewrap(key: KeyOwner): Promise<boolean>;
  /** Deletes a data key for good. Other processes give it up within a minute. */
  erase(key: KeyOwner): Promise<void>;
};

type SealerOptions = {
  readonly store: EventStore;
  readonly ring: KeyRing;
  readonly world: World;
  /** Shared with whatever else appends in this process. */
  readonly lanes?: Lanes;
};

type Kept = { readonly keys: Promise<ApplicationKeys>; readonly untilMs: number };

/** Seals with one data key an application, kept in the log and wrapped by the ring. */
export const createSealer = ({ store, ring, world, lanes = createLanes() }: SealerOptions): Sealer => {
  const keyLog: KeyLog = { store, ring, world, lanes };
  const kept = new Map<string, Kept>();

  const load = async (tenant: Tenant, applicationId: ApplicationId): Promise<ApplicationKeys> =>
    createApplicationKeys(await dataKeyInForce(keyLog, tenant, applicationId), world.random);

  const keep = (name: string, keys: Promise<ApplicationKeys>): Promise<ApplicationKeys> => {
    const entry = { keys, untilMs: world.clock.monotonic() + KEPT_MS };
    kept.set(name, entry);
    keys.catch(() => {
      if (kept.get(name) === entry) kept.delete(name);
    });
    return keys;
  };

  return {
    keysOf: (tenant, applicationId) => {
      const name = nameOf({ tenant, applicationId });
      const known = kept.get(name);
      if (known !== undefined && world.clock.monotonic() < known.untilMs) return known.keys;
      return keep(name, load(tenant, applicationId));
    },
    freshKeysOf: (tenant, applicationId) => keep(nameOf({ tenant, applicationId }), load(tenant, applicationId)),
    generationInForce: (key) => generationInForce(keyLog, key),
    rewrap: (key) => rewrapDataKey(keyLog, key),
    erase: async (key) => {
      await eraseDataKey(keyLog, key);
      kept.delete(nameOf(key));
    },
  };
};

const nameOf = ({ tenant, applicationId }: Omit<KeyOwner, 'generation'>): string =>
  JSON.stringify([tenant, applicationId]);
