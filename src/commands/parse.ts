import type { z } from 'zod';
import { type FieldError, Refusal } from '../domain/refusal.ts';

/**
 * The input as its schema has it.
 * @throws Refusal BAD_INPUT naming every field that is wrong
 */
export const parseInput = <S extends z.ZodType>(schema: S, input: unknown): z.output<S> => {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.flatMap(fieldErrors);
  throw new Refusal(
    'BAD_INPUT',
    errors.map(({ pointer, message }) => `${pointer || 'body'}: ${message}`).join('; '),
    errors,
  );
};

const fieldErrors = (issue: z.core.$ZodIssue): FieldError[] => {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ pointer: pointerOf([...issue.path, key]), message: 'is not a field here' }));
  }
  return [{ pointer: pointerOf(issue.path), message: issue.message }];
};

/** RFC 6901. */
export const pointerOf = (path: readonly PropertyKey[]): string =>
  path.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
