import type { ApplicationId, Tenant } from '../domain/values.ts';
import { createLanes, type Lanes } from '../event-store/lanes.ts';
import type { EventStore } from '../event-store/port.ts';
import type { World } from '../world.ts';
import { type ApplicationKeys, createApplicationKeys } from './application-keys.ts';
import { dataKeyInForce, type KeyLog, rewrapDataKey } from './key-log.ts';
import type { KeyRing } from './key-ring.ts';

/** How long a data key is used without looking at the log again, so that an erased one is soon given up. */
const KEPT_MS = 60_000;

export type Sealer = {
  /**
   * What seals and opens the application's secrets; its data key is made where there is none.
   * @throws RingKeyUnknown, DataKeyBroken
   */
  keysOf(tenant: Tenant, applicationId: ApplicationId): Promise<ApplicationKeys>;
  /** Wraps the application's data key by the ring's current key; false where it is so already. */
  rewrap(tenant: Tenant, applicationId: ApplicationId): Promise<boolean>;
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

  return {
    keysOf: (tenant, applicationId) => {
      const name = JSON.stringify([tenant, applicationId]);
      const nowMs = world.clock.monotonic();
      const known = kept.get(name);
      if (known !== undefined && nowMs < known.untilMs) return known.keys;
      const keys = load(tenant, applicationId);
      const entry = { keys, untilMs: nowMs + KEPT_MS };
      kept.set(name, entry);
      keys.catch(() => {
        if (kept.get(name) === entry) kept.delete(name);
      });
      return keys;
    },
    rewrap: (tenant, applicationId) => rewrapDataKey(keyLog, tenant, applicationId),
  };
};
