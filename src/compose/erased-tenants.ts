import type { Tenant } from '../domain/values.ts';
import type { Clock } from '../world.ts';

const LOOK_EVERY_MS = 1_000;
const MOST_KNOWN = 10_000;

type Known = { readonly lookedAtMs: number; erased: boolean };

/**
 * Tells which tenants are erased, so that their users read nothing any more. It looks into the log once a second for each
 * tenant that sends requests, and lets none wait for it: reading goes on while the log is away, and a process may answer a
 * request of a tenant once more that it has not looked for since the erasure.
 */
export const createErasedTenants = (
  wasErased: (tenant: Tenant) => Promise<boolean>,
  { monotonic }: Pick<Clock, 'monotonic'>,
): ((tenant: Tenant) => boolean) => {
  const known = new Map<Tenant, Known>();

  const look = async (tenant: Tenant, looked: Known): Promise<void> => {
    try {
      looked.erased = await wasErased(tenant);
    } catch {
      // It is looked for again in a second.
    }
  };

  return (tenant) => {
    const last = known.get(tenant);
    // An erasure is for good.
    if (last?.erased === true) return true;
    if (last !== undefined && monotonic() - last.lookedAtMs < LOOK_EVERY_MS) return false;
    if (known.size >= MOST_KNOWN) known.clear();
    const looked = { lookedAtMs: monotonic(), erased: false };
    known.set(tenant, looked);
    void look(tenant, looked);
    return false;
  };
};
