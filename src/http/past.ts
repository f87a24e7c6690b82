import { z } from 'zod';
import { DomainError, rejectField } from '../domain/domain-error.ts';
import { InstantInput, toInstant, toMs } from '../domain/values.ts';
import type { Scope } from '../projections/queries/scope.ts';
import type { ApiContext } from './context.ts';

const expired = (what: string, before: string): DomainError =>
  new DomainError('EXPIRED', `${what} has expired: executions before ${before} are past retention`);

/**
 * Why an execution is missing: according to its id it has expired, or it never existed.
 * @returns DomainError EXPIRED, EXECUTION_NOT_FOUND
 */
export const executionMissing = async (
  { queries }: ApiContext,
  scope: Scope,
  executionId: number,
): Promise<DomainError> => {
  const before = await queries.expiredBefore(scope, { executionId });
  if (before !== undefined) return expired(`execution ${executionId}`, before);
  return new DomainError('EXECUTION_NOT_FOUND', `there is no execution ${executionId}`);
};

/**
 * Rejects a list that ends at or before the retention cutoff, where everything has expired; some jobs may keep theirs
 * longer.
 * @throws DomainError EXPIRED
 */
export const rejectExpiredList = async (
  { queries }: ApiContext,
  scope: Scope,
  { to, ...of }: { readonly to: string | undefined; readonly jobId?: number },
): Promise<void> => {
  if (to === undefined) return;
  const before = await queries.expiredBefore(scope, of);
  if (before === undefined || to > before) return;
  const left = await queries.listExecutions(scope, { ...of, to }, { limit: 1 });
  if (left.items.length === 0) throw expired(`the data before ${to}`, before);
};

type ExpiryQuestion = { readonly from: string; readonly jobId?: number };

/**
 * Rejects what begins before the retention cutoff of a job, or else of any job that the caller can see.
 * @throws DomainError EXPIRED
 */
export const rejectExpired = async (
  { queries }: ApiContext,
  scope: Scope,
  { from, ...of }: ExpiryQuestion,
): Promise<void> => {
  const before = await queries.expiredBefore(scope, of);
  if (before !== undefined && from < before) throw expired(`the data at ${from}`, before);
};

/** The query parameter for past states. */
export const asOfQuery = {
  asOf: InstantInput.exactOptional().meta({
    description: 'Shows the state at this instant; default: now',
  }),
};

export const AsOfQuery = z.strictObject(asOfQuery);

/**
 * The scope as of a requested instant.
 * @throws DomainError BAD_INPUT if it is in the future or before the log began; EXPIRED
 */
export const scopeAsOf = async (scope: Scope, asOf: string | undefined, api: ApiContext): Promise<Scope> => {
  if (asOf === undefined) return scope;
  if (toMs(asOf) > api.clock.now()) throw rejectField('BAD_INPUT', '/asOf', 'is in the future: use a past instant');
  const beganMs = await api.logBegan();
  if (beganMs !== undefined && toMs(asOf) < beganMs) {
    throw rejectField('BAD_INPUT', '/asOf', `is before the log began, at ${toInstant(beganMs)}`);
  }
  await rejectExpired(api, scope, { from: asOf });
  return { ...scope, asOf };
};
