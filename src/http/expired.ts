import { Refusal } from '../domain/refusal.ts';
import type { Queries } from '../projections/queries/index.ts';
import type { Scope } from '../projections/queries/scope.ts';

export type ExpiryDeps = { readonly queries: Pick<Queries, 'expiredBefore'> };

const expired = (what: string, before: string): Refusal =>
  new Refusal('EXPIRED', `${what} has expired: executions from before ${before} are not kept`);

/**
 * Why an execution is not there: it has expired, as far as its id shows, or never was.
 * @returns Refusal EXPIRED, EXECUTION_NOT_FOUND
 */
export const executionMissing = async (
  { queries }: ExpiryDeps,
  scope: Scope,
  executionId: number,
): Promise<Refusal> => {
  const before = await queries.expiredBefore(scope, { executionId });
  if (before !== undefined) return expired(`execution ${executionId}`, before);
  return new Refusal('EXECUTION_NOT_FOUND', `there is no execution ${executionId}`);
};

/**
 * Refuses a list of what was created before an instant at or before the horizon: all of it has expired.
 * @throws Refusal EXPIRED
 */
export const refuseExpiredList = async (
  { queries }: ExpiryDeps,
  scope: Scope,
  { to, ...of }: { readonly to: string | undefined; readonly jobId?: number },
): Promise<void> => {
  if (to === undefined) return;
  const before = await queries.expiredBefore(scope, of);
  if (before !== undefined && to <= before) throw expired(`what was before ${to}`, before);
};

type ExpiryQuestion = { readonly from: string; readonly jobId?: number };

/**
 * Refuses what reaches back to before the horizon of a job, or else of any job that the caller sees.
 * @throws Refusal EXPIRED
 */
export const refuseExpired = async (
  { queries }: ExpiryDeps,
  scope: Scope,
  { from, ...of }: ExpiryQuestion,
): Promise<void> => {
  const before = await queries.expiredBefore(scope, of);
  if (before !== undefined && from < before) throw expired(`what was at ${from}`, before);
};
