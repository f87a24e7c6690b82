import { decideEndSession, type SessionSpan } from '../../domain/sessions/ended-sessions.ts';
import { sessionsStream } from '../../domain/streams.ts';
import type { CommandContext, CommandResult } from '../command.ts';
import type { CommandDeps } from '../command-deps.ts';
import { handleCommand } from '../loop/handle-command.ts';
import { loadEndedSessions } from '../loop/load.ts';

/** Ends the session that the caller signs out of, wherever its cookie was copied to. */
export const endSession =
  (deps: CommandDeps) =>
  async (
    context: CommandContext,
    callerId: string | number,
    session: SessionSpan,
  ): Promise<CommandResult<undefined>> => {
    const owner = { tenant: context.tenant, callerId };
    const { revision, position } = await handleCommand(deps, {
      stream: sessionsStream(owner),
      context,
      load: () => loadEndedSessions(deps.store, owner),
      decide: (existing) => decideEndSession({ ...owner, ...session }, existing, deps.world.clock.now()),
    });
    return { value: undefined, revision, position };
  };
