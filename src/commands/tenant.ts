import { LRUCache } from 'lru-cache';
import { defined } from '../domain/defined.ts';
import { DomainError } from '../domain/domain-error.ts';
import { isTenantEvent, type TenantErasure } from '../domain/events/index.ts';
import { tenantStream } from '../domain/streams.ts';
import { decideRequestErasure, rejectErased } from '../domain/tenant.ts';
import type { Tenant } from '../domain/values.ts';
import type { EventStore } from '../event-store/port.ts';
import type { Clock } from '../runtime/runtime.ts';
import type { CommandContext, CommandResult } from './command.ts';
import { ownAppend } from './command.ts';
import type { CommandDeps } from './command-deps.ts';
import { handleCommand } from './loop/handle-command.ts';
import { loadErasure } from './loop/load.ts';

/** How long after a request for erasure a process may accept a tenant's commands. */
const KEEP_MS = 1_000;
const MAX_KEPT = 10_000;
type LookResult = { readonly atMs: number; readonly erasure: ReturnType<typeof loadErasure> };

/**
 * Rejects the commands of erased tenants. Reads the log once a second for each active tenant.
 * @returns a function that throws DomainError TENANT_ERASED
 */
export const createAdmitTenant = (store: EventStore, clock: Clock): ((tenant: Tenant) => Promise<void>) => {
  const kept = new LRUCache<Tenant, LookResult>({ max: MAX_KEPT });

  const look = (tenant: Tenant): LookResult => {
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
    const { actor, correlationId, reason } = context;
    const input = { tenant, actor, correlationId, ...defined({ reason }) };
    const { state, events, revision, position } = await handleCommand(deps, {
      stream: tenantStream(tenant),
      context,
      load: () => loadErasure(deps.store, tenant),
      decide: (existing) => decideRequestErasure(input, existing, deps.world.clock.now()),
      own: ownAppend(context, isTenantEvent),
    });
    const value = events[0]?.data ?? state;
    if (value === undefined) throw new Error(`no erasure of tenant ${tenant} was recorded`);
    return { value, revision, position };
  };
