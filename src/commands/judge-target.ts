import { DomainError } from '../domain/domain-error.ts';
import { checkTarget, type Resolve, type TargetPolicy, TargetRejected, targetUrl } from '../domain/targets/index.ts';

/** The parts of a task that decide where it calls, without parameters. */
export type TargetParts = { readonly endpoint?: string; readonly path?: string; readonly url?: string };

type JudgeOptions = { readonly policy: TargetPolicy; readonly resolve: Resolve; readonly pointer: string };

/**
 * Judges the target of a job, a token URL or a webhook.
 * @returns warnings about what is accepted
 * @throws DomainError TARGET_BLOCKED at this pointer
 */
export const judgeTarget = async (
  target: TargetParts,
  { policy, resolve, pointer }: JudgeOptions,
): Promise<readonly string[]> => {
  const url = targetUrl(target);
  if (url instanceof TargetRejected) throw rejected(url, pointer);
  const checked = await checkTarget(url, policy, resolve);
  if (!checked.ok) throw rejected(checked.rejection, pointer);
  return checked.warning === undefined ? [] : [checked.warning];
};

const rejected = ({ code, message }: TargetRejected, pointer: string): DomainError =>
  new DomainError(code, message, [{ pointer, message }]);
