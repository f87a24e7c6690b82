import type { Hook } from '../../domain/events/index.ts';
import { HOOK_NAMES, type HookName } from '../../domain/execution/hook.ts';
import type { TaskEdge } from './task-edge.ts';

/** Of a definition or a change. */
type GivenHooks = Readonly<Partial<Record<HookName, Hook | 'none' | null | undefined>>>;

export const givesHook = (given: GivenHooks): boolean => HOOK_NAMES.some((name) => isHook(given[name]));

const isHook = (given: GivenHooks[HookName]): given is Hook => typeof given === 'object' && given !== null;

/**
 * Checks the hooks that are given, as tasks are checked.
 * @returns warnings about what is accepted
 * @throws Refusal BAD_INPUT, and what the check of a task refuses
 */
export const checkHooks = async (
  { checkHook }: Pick<TaskEdge, 'checkHook'>,
  given: GivenHooks,
  owner: Parameters<TaskEdge['checkHook']>[2],
): Promise<readonly string[]> => {
  const warnings: string[] = [];
  for (const name of HOOK_NAMES) {
    const hook = given[name];
    if (isHook(hook)) warnings.push(...(await checkHook(name, hook, owner)));
  }
  return warnings;
};
