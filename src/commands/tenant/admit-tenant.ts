import { refuseErased } from '../../domain/tenant.ts';
import type { Tenant } from '../../domain/values.ts';
import type { EventStore } from '../../event-store/port.ts';
import type { Clock } from '../../runtime/world.ts';
import { loadErasure } from '../loop/load.ts';

/** A process may accept commands of a tenant for so long after its erasure was requested. */
const KEEP_MS = 1_000;
const MOST_KEPT = 10_000;

type AdmitTenantDeps = { readonly store: Pick<EventStore, 'readLast'>; readonly clock: Pick<Clock, 'monotonic'> };
type Looked = { readonly atMs: number; readonly erasure: ReturnType<typeof loadErasure> };

/**
 * Refuses the commands of tenants that are erased. It looks into the log once a second for each tenant that sends any.
 * @returns a function that throws Refusal TENANT_ERASED
 */
export const createAdmitTenant = ({ store, clock }: AdmitTenantDeps): ((tenant: Tenant) => Promise<void>) => {
  const kept = new Map<Tenant, Looked>();

  const look = (tenant: Tenant): Looked => {
    if (kept.size >= MOST_KEPT) kept.clear();
    const looked = { atMs: clock.monotonic(), erasure: loadErasure(store, tenant) };
    kept.set(tenant, looked);
    return looked;
  };

  return async (tenant) => {
    const last = kept.get(tenant);
    const looked = last !== undefined && clock.monotonic() - last.atMs < KEEP_MS ? last : look(tenant);
    const { state } = await looked.erasure.catch((error: unknown) => {
      if (kept.get(tenant) === looked) kept.delete(tenant);
      throw error;
    });
    refuseErased(tenant, state);
  };
};
