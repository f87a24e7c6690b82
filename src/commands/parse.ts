import type { z } from 'zod';
import type { RefusalCode } from '../domain/codes/problem-codes.ts';
import { type FieldError, pointerOf, refuseFields } from '../domain/refusal.ts';

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
    parsed.error.issues.flatMap((issue): FieldError[] =>
      issue.code === 'unrecognized_keys'
        ? issue.keys.map((key) => ({ pointer: pointerOf([...issue.path, key]), message: unknown }))
        : [{ pointer: pointerOf(issue.path), message: issue.message }],
    ),
  );
};
