import { isSessionEvent } from '../../domain/events/families.ts';
import { decideEndSessions } from '../../domain/sessions/ended-sessions.ts';
import { sessionsStream } from '../../domain/streams.ts';
import type { CommandContext, CommandResult } from '../command.ts';
import type { CommandDeps } from '../command-deps.ts';
import { handleCommand } from '../loop/handle-command.ts';
import { loadEndedSessions } from '../loop/load.ts';
import { ownAppend } from '../loop/own-append.ts';

/** Ends all sessions of a user that have begun, by the user's `sub`. */
export const endSessions =
  (deps: CommandDeps) =>
  async (context: CommandContext, sub: string): Promise<CommandResult<undefined>> => {
    const owner = { tenant: context.tenant, callerId: sub };
    const { revision, position } = await handleCommand(deps, {
      stream: sessionsStream(owner),
      context,
      load: () => loadEndedSessions(deps.store, owner),
      decide: () => decideEndSessions(owner, deps.world.clock.now()),
      own: ownAppend(context, isSessionEvent),
    });
    return { value: undefined, revision, position };
  };
