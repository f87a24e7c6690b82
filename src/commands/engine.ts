import { isHomeEvent, type LogHome } from '../domain/events/index.ts';
import { decideRelease, decideStart, judgeStart, type StartMode, type StartVerdict } from '../domain/home.ts';
import { homeStream } from '../domain/streams.ts';
import type { CommandContext, CommandResult } from './command.ts';
import { ownAppend } from './command.ts';
import type { CommandDeps } from './command-deps.ts';
import { handleCommand } from './loop/handle-command.ts';
import { loadHomeHistory } from './loop/load.ts';

/** Records where the log is stored, if the starting engine can claim there. */
export const startEngine =
  ({ home, ...deps }: CommandDeps) =>
  async (context: CommandContext, mode: StartMode): Promise<CommandResult<StartVerdict>> => {
    const { state, revision, position } = await handleCommand(deps, {
      stream: homeStream,
      context,
      load: () => loadHomeHistory(deps.store),
      decide: (history) => decideStart({ mode, home }, history),
    });
    return { value: judgeStart({ mode, home }, state), revision, position };
  };

/** Lets all engines claim on this log in its current location. */
export const releaseEngines =
  ({ home, ...deps }: CommandDeps) =>
  async (context: CommandContext): Promise<CommandResult<LogHome>> => {
    const { revision, position } = await handleCommand(deps, {
      stream: homeStream,
      context,
      load: () => loadHomeHistory(deps.store),
      decide: (history) => decideRelease(home, history),
      own: ownAppend(context, isHomeEvent),
    });
    return { value: home, revision, position };
  };
