import type { z } from 'zod';
import { type FieldError, pointerOf, refuseFields } from '../domain/refusal.ts';

/**
 * Parses a command's input by its schema.
 * @throws Refusal BAD_INPUT naming the fields that are wrong
 */
export const parseInput = <S extends z.ZodType>(schema: S, input: unknown): z.output<S> => {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  throw refuseFields('BAD_INPUT', parsed.error.issues.flatMap(fieldErrors));
};

const fieldErrors = (issue: z.core.$ZodIssue): FieldError[] => {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ pointer: pointerOf([...issue.path, key]), message: 'is not a field here' }));
  }
  return [{ pointer: pointerOf(issue.path), message: issue.message }];
};
