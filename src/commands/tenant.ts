import { LRUCache } from 'lru-cache';
import { DomainError } from '../domain/domain-error.ts';
import type { TenantErasure } from '../domain/events/index.ts';
import { decideRequestErasure, rejectErased } from '../domain/tenant.ts';
import type { Tenant } from '../domain/values.ts';
import type { EventStore } from '../event-store/port.ts';
import type { Clock } from '../runtime/runtime.ts';
import type { CommandContext, CommandResult } from './command.ts';
import type { CommandDeps } from './command-deps.ts';
import { ERASURES, loadDocument, setDocument } from './loop/documents.ts';
import type { LoadedState } from './loop/handle-command.ts';

/** How long after a request for erasure a process may accept a tenant's commands. */
const KEEP_MS = 1_000;
const MAX_KEPT = 10_000;
type LookResult = { readonly atMs: number; readonly erasure: Promise<LoadedState<TenantErasure | undefined>> };

/**
 * Rejects the commands of erased tenants. Reads the log once a second for each active tenant.
 * @returns a function that throws DomainError TENANT_ERASED
 */
export const createAdmitTenant = (store: EventStore, clock: Clock): ((tenant: Tenant) => Promise<void>) => {
  const kept = new LRUCache<Tenant, LookResult>({ max: MAX_KEPT });

  const look = (tenant: Tenant): LookResult => {
    const looked = { atMs: clock.monotonic(), erasure: loadDocument(store, ERASURES, tenant) };
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
    rejectErased(tenant, state);
  };
};

/**
 * Requests the erasure of a tenant; all its other commands are rejected from then on. `src/operations/erase-tenant.ts`
 * executes it.
 * @throws DomainError OWN_TENANT
 */
export const eraseTenant =
  (deps: CommandDeps) =>
  async (context: CommandContext, tenant: Tenant): Promise<CommandResult<TenantErasure>> => {
    if (tenant === context.tenant) {
      throw new DomainError(
        'OWN_TENANT',
        'a request cannot erase its own tenant: ask an administrator of another tenant',
      );
    }
    return setDocument(deps, ERASURES, {
      key: [tenant],
      context,
      decide: (existing, nowMs) => decideRequestErasure({ ...context, tenant }, existing, nowMs),
    });
  };
