import { decideEndSession } from '../../domain/sessions/ended-sessions.ts';
import { sessionsStream } from '../../domain/streams.ts';
import type { CommandDeps } from '../command-deps.ts';
import { handleCommand } from '../loop/handle-command.ts';
import { loadEndedSessions } from '../loop/load.ts';
import type { Commands } from '../port.ts';

/** Ends the session of somebody who signs out. */
export const endSession =
  (deps: CommandDeps): Commands['endSession'] =>
  async (context, callerId, session) => {
    const owner = { tenant: context.tenant, callerId };
    const { revision, position } = await handleCommand(deps, {
      stream: sessionsStream(owner),
      context,
      load: () => loadEndedSessions(deps.store, owner),
      decide: (existing) => decideEndSession({ ...owner, ...session }, existing, deps.world.clock.now()),
    });
    return { value: undefined, revision, position };
  };
