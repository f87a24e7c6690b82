import { type Hook, type HookCall, Hooks, type RuleFields, type RunEvent } from '../events/index.ts';
import type { Instant } from '../values.ts';

export type HookName = HookCall['name'];
export const HOOK_NAMES: readonly HookName[] = Hooks.keyof().options;

const HOOK_OF = { failed: 'onFailure', succeeded: 'onSuccess' } as const satisfies Record<string, HookName>;

/** The hook of a job, or else of its application; `undefined` if there is none. */
export const hookNamed = (
  name: HookName,
  { own, defaults }: { readonly own: Pick<RuleFields, HookName>; readonly defaults: Hooks },
): Hook | undefined => {
  const given = own[name];
  return given === 'none' ? undefined : (given ?? defaults[name]);
};

/** Returns whether a hook reports such an end; cancelled executions have no hook. */
export const isHooked = (end: 'succeeded' | 'failed' | 'cancelled', hooks: Parameters<typeof hookNamed>[1]): boolean =>
  end !== 'cancelled' && hookNamed(HOOK_OF[end], hooks) !== undefined;

/** Progress of a hook call after an event; `undefined` if the event has none. */
export const hookAfter = (event: RunEvent): HookCall | undefined => {
  if (event.type === 'HookAttempted') return event.data.hook;
  if (event.type !== 'ExecutionSucceeded' && event.type !== 'ExecutionFailed') return undefined;
  const { hasHook, finishedAt } = event.data;
  return hasHook && planned(event.type === 'ExecutionSucceeded' ? HOOK_OF.succeeded : HOOK_OF.failed, finishedAt);
};

const planned = (name: HookName, at: Instant): HookCall => ({
  ...{ name, plannedAt: at, status: 'pending', attempts: 0 },
  nextAt: at,
});

/** An unaccepted hook is abandoned after this time: eight attempts are made within 11 minutes. */
export const HOOK_GIVE_UP_MS = 15 * 60_000;
