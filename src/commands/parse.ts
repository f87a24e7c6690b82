import { z } from 'zod';
import type { RefusalCode } from '../domain/codes/problem-codes.ts';
import { type FieldError, pointerOf, refuseFields } from '../domain/refusal.ts';
import { isPlainText } from '../domain/values.ts';

type ParseOptions = {
  readonly code: RefusalCode;
  /** What is said of a field that the schema does not have. */
  readonly unknown: string;
};

const OF_COMMAND: ParseOptions = { code: 'BAD_INPUT', unknown: 'is not a field here' };

/**
 * Parses an input by its schema.
 * @throws Refusal BAD_INPUT, or the code given, naming the fields that are wrong
 */
export const parseInput = <S extends z.ZodType>(
  schema: S,
  input: unknown,
  { code, unknown }: ParseOptions = OF_COMMAND,
): z.output<S> => {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  throw refuseFields(
    code,
    parsed.error.issues.flatMap((issue) => errorsOf(issue, [], unknown)),
  );
};

type Issue = z.core.$ZodIssue;

const errorsOf = (issue: Issue, at: readonly PropertyKey[], unknown: string): FieldError[] => {
  const path = [...at, ...issue.path];
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({ pointer: pointerOf([...path, key]), message: unknown }));
    case 'invalid_union': {
      const meant = issue.errors.filter((issues) => issues.every(isWithin));
      if (meant.length === 1) return meant.flat().flatMap((each) => errorsOf(each, path, unknown));
    }
  }
  return [{ pointer: pointerOf(path), message: issue.message }];
};

/** Whether a value is the object that is asked for, but for what is in it: of a union, it is the one that is meant. */
const isWithin = ({ code, path }: Issue): boolean => code === 'unrecognized_keys' || path.length > 0;

const LONGEST_REASON = 500;

/** Why a caller changes something, where the body says it. */
export const ReasonInput = z
  .string()
  .min(1, 'must not be empty')
  .max(LONGEST_REASON)
  .refine(isPlainText, 'must not contain control characters or unpaired surrogates');

/** The name of a calendar or a limit, as jobs and paths write it. */
export const Slug = z
  .string()
  .max(64)
  .regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/, 'must be lower-case letters, digits and single hyphens, at most 64');
