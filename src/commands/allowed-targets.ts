import { z } from 'zod';
import { type AllowedTargets, isAllowedTargetsEvent } from '../domain/events/index.ts';
import { allowedTargetsStream } from '../domain/streams.ts';
import { decideResetAllowedTargets, decideSetAllowedTargets } from '../domain/targets/allowed-targets.ts';
import { type CommandContext, type CommandResult, ownAppend } from './command.ts';
import type { CommandDeps } from './command-deps.ts';
import { handleCommand } from './loop/handle-command.ts';
import { loadAllowedTargets } from './loop/load.ts';
import { parseInput } from './parse.ts';

const MAX_TARGETS = 1_000;

/** Fields set by the server are ignored, so that callers can PUT the result of a GET. */
export const SetAllowedTargets = z.strictObject({
  ...z.strictObject({ default: z.unknown(), updatedAt: z.unknown(), updatedBy: z.unknown() }).partial().shape,
  targets: z.array(z.string().trim().min(1).max(300)).max(MAX_TARGETS),
});

/** Sets which internal targets jobs can call, in place of the setting `ALLOWED_TARGETS`. */
export const setAllowedTargets =
  (deps: CommandDeps) =>
  async (context: CommandContext, input: unknown): Promise<CommandResult<AllowedTargets>> => {
    const { targets } = parseInput(SetAllowedTargets, input);
    const { state, events, revision, position } = await handleCommand(deps, {
      stream: allowedTargetsStream,
      context,
      load: () => loadAllowedTargets(deps.store),
      decide: (existing) => decideSetAllowedTargets({ ...context, targets }, existing, deps.world.clock.now()),
      own: ownAppend(context, isAllowedTargetsEvent),
    });
    const set = events[0]?.data ?? state;
    if (set === undefined) throw new Error('the allowed targets were not set');
    return { value: set, revision, position };
  };

/** Lets the setting `ALLOWED_TARGETS` apply again. */
export const resetAllowedTargets =
  (deps: CommandDeps) =>
  async (context: CommandContext): Promise<CommandResult<undefined>> => {
    const { revision, position } = await handleCommand(deps, {
      stream: allowedTargetsStream,
      context,
      load: () => loadAllowedTargets(deps.store),
      decide: (existing) => decideResetAllowedTargets(context, existing, deps.world.clock.now()),
      own: ownAppend(context, isAllowedTargetsEvent),
    });
    return { value: undefined, revision, position };
  };
