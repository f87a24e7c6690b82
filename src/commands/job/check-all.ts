import { DomainError, rejectFields } from '../../domain/domain-error.ts';

/**
 * Runs checks that don't depend on each other, one after another.
 * @returns their results
 * @throws Refusal naming the fields that all of them reject, with the code of the first. A blocked target gives its code to
 * the others, since it is also logged as refused access.
 */
export const checkAll = async <T>(checks: readonly (() => T | Promise<T>)[]): Promise<readonly T[]> => {
  const results: T[] = [];
  const refusals: DomainError[] = [];
  for (const check of checks) {
    try {
      results.push(await check());
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      refusals.push(error);
    }
  }
  const [first, ...others] = refusals;
  if (first === undefined) return results;
  if (others.length === 0) throw first;
  const { code } = refusals.find((each) => each.code === 'TARGET_BLOCKED') ?? first;
  throw rejectFields(
    code,
    refusals.flatMap(({ message, errors }) => (errors.length === 0 ? [{ pointer: '', message }] : errors)),
  );
};
