import type { TargetParts } from '../domain/parameters/index.ts';
import { Refusal } from '../domain/refusal.ts';
import { checkTarget, type Resolve, type TargetPolicy, TargetRefused, targetUrl } from '../domain/targets/index.ts';

type JudgeOptions = { readonly policy: TargetPolicy; readonly resolve: Resolve; readonly pointer: string };

/**
 * Judges the target of a job, a token URL or a webhook.
 * @returns warnings about what is accepted
 * @throws Refusal TARGET_BLOCKED at this pointer
 */
export const judgeTarget = async (
  target: TargetParts,
  { policy, resolve, pointer }: JudgeOptions,
): Promise<readonly string[]> => {
  const url = targetUrl(target);
  if (url instanceof TargetRefused) throw refused(url, pointer);
  const checked = await checkTarget(url, policy, resolve);
  if (!checked.ok) throw refused(checked.refusal, pointer);
  return checked.warning === undefined ? [] : [checked.warning];
};

const refused = ({ code, message }: TargetRefused, pointer: string): Refusal =>
  new Refusal(code, message, [{ pointer, message }]);
