import { isDeepStrictEqual } from 'node:util';
import { pointerOf, rejectField } from '../../domain/domain-error.ts';
import type { Hook } from '../../domain/events/index.ts';
import { HOOK_NAMES, type HookName } from '../../domain/execution/hook.ts';
import type { CommandContext } from '../command.ts';
import type { TaskChecks } from './task-ports.ts';

/** Of a definition or a change. */
type GivenHooks = Readonly<Partial<Record<HookName, Hook | 'none' | null | undefined>>>;

export const givesHook = (given: GivenHooks): boolean => HOOK_NAMES.some((name) => isHook(given[name]));

const isHook = (given: GivenHooks[HookName]): given is Hook => typeof given === 'object' && given !== null;

/**
 * Requires that the caller can read executions if a hook is added or changed, since a hook receives their results.
 * @throws DomainError FORBIDDEN
 */
export const requireHookPermission = (
  { canReadExecutions }: Pick<CommandContext, 'canReadExecutions'>,
  { given, before = {} }: { readonly given: GivenHooks; readonly before?: GivenHooks | undefined },
): void => {
  if (canReadExecutions) return;
  const changed = HOOK_NAMES.find((name) => isHook(given[name]) && !isDeepStrictEqual(given[name], before[name]));
  if (changed === undefined) return;
  const why =
    'a hook receives the results of executions: to set one, you need the permission scheduler:executions:read';
  throw rejectField('FORBIDDEN', pointerOf([changed]), why);
};

/**
 * Checks the hooks that are given, as tasks are checked.
 * @returns warnings about what is accepted
 * @throws DomainError BAD_INPUT, and what the check of a task rejects
 */
export const checkHooks = async (
  { checkHook }: TaskChecks,
  given: GivenHooks,
  owner: Parameters<TaskChecks['checkHook']>[2],
): Promise<readonly string[]> => {
  const warnings: string[] = [];
  for (const name of HOOK_NAMES) {
    const hook = given[name];
    if (isHook(hook)) warnings.push(...(await checkHook(name, hook, owner)));
  }
  return warnings;
};
