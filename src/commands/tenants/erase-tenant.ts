import { isTenantEvent } from '../../domain/events/families.ts';
import { Refusal } from '../../domain/refusal.ts';
import { tenantStream } from '../../domain/streams.ts';
import { decideRequestErasure } from '../../domain/tenants/erasure.ts';
import type { CommandDeps } from '../command-deps.ts';
import { handleCommand } from '../loop/handle-command.ts';
import { loadErasure } from '../loop/load.ts';
import { ownAppend } from '../loop/own-append.ts';
import type { Commands } from '../port.ts';

/** Requests the erasure; `src/operations/erase-tenant.ts` carries it out. */
export const eraseTenant =
  (deps: CommandDeps): Commands['eraseTenant'] =>
  async (context, tenant) => {
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
