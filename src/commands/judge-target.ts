import { DomainError } from '../domain/domain-error.ts';
import type { TargetParts } from '../domain/parameters/index.ts';
import { checkTarget, type Resolve, type TargetPolicy, TargetRejected, targetUrl } from '../domain/targets/index.ts';

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
  if (url instanceof TargetRejected) throw refused(url, pointer);
  const checked = await checkTarget(url, policy, resolve);
  if (!checked.ok) throw refused(checked.refusal, pointer);
  return checked.warning === undefined ? [] : [checked.warning];
};

const refused = ({ code, message }: TargetRejected, pointer: string): DomainError =>
  new DomainError(code, message, [{ pointer, message }]);
