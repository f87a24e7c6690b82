import { z } from 'zod';
import type { DomainErrorCode } from '../domain/codes/problem-codes.ts';
import { type FieldError, rejectFields } from '../domain/domain-error.ts';
import { invisibleProblem, isPlainText } from '../domain/values.ts';
import { messageOf, toFieldErrors } from './field-errors.ts';

type CheckResult<Value> = { readonly value: Value } | { readonly faults: readonly FieldError[] };

/** Parses an input by its schema; what is wrong is returned instead of thrown. */
export const checkInput = <S extends z.ZodType>(
  schema: S,
  input: unknown,
  unknown: string,
): CheckResult<z.output<S>> => {
  const parsed = schema.safeParse(input, { error: messageOf });
  return parsed.success ? { value: parsed.data } : { faults: toFieldErrors(parsed.error.issues, input, unknown) };
};

type ParseOptions = {
  readonly code: DomainErrorCode;
  /** What is said of a field that the schema does not have. */
  readonly unknown: string;
};

const OF_COMMAND: ParseOptions = { code: 'BAD_INPUT', unknown: 'is an unknown field' };

/**
 * Parses an input by its schema.
 * @throws DomainError BAD_INPUT, or the code given, naming the fields that are wrong
 */
export const parseInput = <S extends z.ZodType>(
  schema: S,
  input: unknown,
  { code, unknown }: ParseOptions = OF_COMMAND,
): z.output<S> => {
  const checked = checkInput(schema, input, unknown);
  if ('value' in checked) return checked.value;
  throw rejectFields(code, checked.faults);
};

/** Rejects names and labels that look like others. */
export const requireVisible = (text: string, { addIssue }: z.RefinementCtx<string>): void => {
  const message = invisibleProblem(text);
  if (message !== undefined) addIssue({ code: 'custom', message });
};

const MAX_REASON = 500;

/** Why a caller changes something, where the body says it. */
export const ReasonInput = z
  .string()
  .min(1, 'must not be empty')
  .max(MAX_REASON)
  .refine(isPlainText, 'must not contain control characters or unpaired surrogates');

/** The name of a calendar or a limit, as jobs and paths write it. */
export const Slug = z
  .string()
  .max(64)
  .regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/, 'must be lower-case letters, digits and single hyphens, at most 64');
