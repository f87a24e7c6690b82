import { DomainError, rejectFields } from '../../domain/domain-error.ts';

/**
 * Runs checks that don't depend on each other, one after another.
 * @returns their results
 * @throws DomainError naming the fields that all of them reject, with the code of the first. A blocked target gives its code to
 * the others, since it is also logged as rejected access.
 */
export const checkAll = async <T>(checks: readonly (() => T | Promise<T>)[]): Promise<readonly T[]> => {
  const results: T[] = [];
  const rejections: DomainError[] = [];
  for (const check of checks) {
    try {
      results.push(await check());
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      rejections.push(error);
    }
  }
  const [first, ...others] = rejections;
  if (first === undefined) return results;
  if (others.length === 0) throw first;
  const { code } = rejections.find((each) => each.code === 'TARGET_BLOCKED') ?? first;
  throw rejectFields(
    code,
    rejections.flatMap(({ message, errors }) => (errors.length === 0 ? [{ pointer: '', message }] : errors)),
  );
};
