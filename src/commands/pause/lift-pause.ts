import { endOfPauseMs } from '../../domain/closure/pauses.ts';
import { isPauseEvent } from '../../domain/events/families.ts';
import { type Actor, actorName, type EventOf, type Pause } from '../../domain/events/index.ts';
import { Refusal } from '../../domain/refusal.ts';
import { pauseStream } from '../../domain/streams.ts';
import { type Tenant, toInstant } from '../../domain/values.ts';
import type { CommandContext, CommandResult } from '../command.ts';
import type { CommandDeps } from '../command-deps.ts';
import { awaitTaken } from '../loop/await-taken.ts';
import { handleCommand } from '../loop/handle-command.ts';
import { loadPause } from '../loop/load.ts';
import { ownAppend } from '../loop/own-append.ts';
import type { PauseAuthority } from './pause-input.ts';
import { requireAuthority } from './set-pause.ts';

type LiftPauseInput = {
  readonly pauseId: number;
  readonly tenant: Tenant;
  readonly actor: Actor;
  readonly authority: PauseAuthority;
};

/** Ends a pause; records nothing if it has ended. */
export const decideLiftPause = (
  { pauseId, tenant, actor, authority }: LiftPauseInput,
  existing: Pause | undefined,
  nowMs: number,
): EventOf<'PauseLifted'>[] => {
  if (existing === undefined || (existing.scope !== 'installation' && existing.tenant !== tenant)) {
    throw new Refusal('PAUSE_NOT_FOUND', `there is no pause ${pauseId}`);
  }
  requireAuthority(existing, authority);
  if (endOfPauseMs(existing) <= nowMs) return [];
  return [{ type: 'PauseLifted', data: { ...existing, liftedAt: toInstant(nowMs), liftedBy: actorName(actor) } }];
};

export const liftPause =
  (deps: CommandDeps) =>
  async (context: CommandContext, pauseId: number, authority: PauseAuthority): Promise<CommandResult<undefined>> => {
    const { tenant, actor } = context;
    const stream = pauseStream(pauseId);
    const { revision, position } = await handleCommand(deps, {
      stream,
      context,
      load: () => loadPause(deps.store, pauseId),
      decide: (existing) => decideLiftPause({ pauseId, tenant, actor, authority }, existing, deps.world.clock.now()),
      own: ownAppend(context, isPauseEvent),
    });
    return { value: undefined, revision, position, pendingEngines: await awaitTaken(deps, { stream, position }) };
  };
