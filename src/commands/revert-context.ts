import type { CommandContext } from './command.ts';

/** The context of a change that puts a version back: a caller who gives no reason is taken to want just that. */
export const revertContext = (context: CommandContext, version: number): CommandContext => ({
  reason: `reverted to version ${version}`,
  ...context,
});
