import { isTenantEvent } from '../../domain/events/families.ts';
import type { TenantErasure } from '../../domain/events/index.ts';
import { Refusal } from '../../domain/refusal.ts';
import { tenantStream } from '../../domain/streams.ts';
import { decideRequestErasure } from '../../domain/tenant.ts';
import type { Tenant } from '../../domain/values.ts';
import type { CommandContext, CommandResult } from '../command.ts';
import type { CommandDeps } from '../command-deps.ts';
import { handleCommand } from '../loop/handle-command.ts';
import { loadErasure } from '../loop/load.ts';
import { ownAppend } from '../loop/own-append.ts';

/**
 * Requests the erasure of a tenant, all of whose other commands are refused from then on;
 * `src/operations/erase-tenant.ts` carries it out.
 * @throws Refusal OWN_TENANT
 */
export const eraseTenant =
  (deps: CommandDeps) =>
  async (context: CommandContext, tenant: Tenant): Promise<CommandResult<TenantErasure>> => {
    if (tenant === context.tenant) {
      throw new Refusal(
        'OWN_TENANT',
        'this is the tenant that the request is made for, which could change nothing afterwards: sign in to another one to erase it',
      );
    }
    const { actor, correlationId, reason } = context;
    const input = { tenant, actor, correlationId, ...(reason === undefined ? {} : { reason }) };
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
