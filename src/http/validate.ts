import { z } from 'zod';
import { checkInput, parseInput, ReasonInput } from '../commands/parse.ts';
import type { DomainErrorCode } from '../domain/codes/problem-codes.ts';
import { type FieldError, rejectFields } from '../domain/domain-error.ts';
import { unfitParts } from './body.ts';

/** Parameters, query and body of a request before validation. */
export type RawInput = {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
  /** Errors found earlier. */
  readonly faults?: readonly FieldError[] | undefined;
};

/**
 * Parses a value with a schema.
 * @throws DomainError with this code, naming each invalid field by its JSON pointer
 */
export const validate = <S extends z.ZodType>(code: DomainErrorCode, schema: S, value: unknown): z.output<S> => {
  const unfit = unfitParts(value);
  if (unfit.length > 0) throw rejectFields(code, unfit);
  return validateFit(code, schema, value);
};

/** Like `validate`, for a value that `parseJsonBody` has checked already. */
export const validateFit = <S extends z.ZodType>(code: DomainErrorCode, schema: S, value: unknown): z.output<S> =>
  parseInput(schema, value, { code, unknown: UNKNOWN });

/** Message for an unknown field. */
export const UNKNOWN = 'is unknown';

type RequestSchemas = Readonly<Record<'params' | 'query' | 'body', z.ZodType>> & {
  /** Schema of a body that the command parses. */
  readonly accepts?: z.ZodType | undefined;
};

/**
 * Parses a request, except a body that its command parses.
 * @throws DomainError BAD_ID if a path parameter is invalid, otherwise BAD_INPUT, naming all errors of the request
 */
export const validateRequest = ({ params, query, body, accepts = body }: RequestSchemas, input: RawInput) => {
  const known = input.faults ?? [];
  const inPath = check(params, input.params);
  const inQuery = check(query, input.query);
  const inBody = checkInput(body, input.body, UNKNOWN);
  if (known.length === 0 && 'value' in inPath && 'value' in inQuery && 'value' in inBody) {
    return { params: inPath.value, query: inQuery.value, body: inBody.value };
  }
  const all = [inPath, inQuery, checkInput(accepts, input.body, UNKNOWN)];
  const faults = [...all.flatMap((part) => ('faults' in part ? part.faults : [])), ...known];
  throw rejectFields('faults' in inPath ? 'BAD_ID' : 'BAD_INPUT', faults);
};

const check = (schema: z.ZodType, value: unknown) => {
  const faults = unfitParts(value);
  return faults.length > 0 ? { faults } : checkInput(schema, value, UNKNOWN);
};

/** A positive safe integer, written plainly: no sign, exponent, fraction or leading zero. */
export const PathId = z
  .string()
  .regex(/^[1-9]\d{0,15}$/, 'is not an id')
  .transform(Number)
  .refine(Number.isSafeInteger, 'is not an id')
  .meta({ format: 'int64', minimum: 1 });

export const NoParams = z.strictObject({});
export const IdParams = z.strictObject({ id: PathId });
const PathName = z.string().min(1).max(200);
export const NameParams = z.strictObject({ name: PathName });
/** Parameters of a path such as `/applications/:id/variables/:name`. */
export const NamedParams = z.strictObject({ id: PathId, name: PathName });
/** Parameters of a version of a resource with an id, a name, or a name in an application. */
export const VersionParams = IdParams.extend({ version: PathId });
export const NameVersionParams = NameParams.extend({ version: PathId });
export const NamedVersionParams = NamedParams.extend({ version: PathId });
export const NoQuery = z.strictObject({});
/** For a route without a body: absent or `{}`. */
export const NoBody = z.strictObject({}).optional();
/** Any JSON object: the command validates the fields. */
export const CommandBody = z.record(z.string(), z.unknown(), 'a JSON object is required');

const WithReason = z.looseObject({ reason: ReasonInput });

type Taken = { readonly body: unknown; readonly reason?: string; readonly faults?: readonly FieldError[] };

/** Removes the reason from a body, or returns its errors: every change accepts one. */
export const takeReason = (body: unknown): Taken => {
  if (typeof body !== 'object' || body === null || Array.isArray(body) || !('reason' in body)) return { body };
  const checked = checkInput(WithReason, body, UNKNOWN);
  const { reason: _, ...own } = body;
  return 'faults' in checked ? { body: own, faults: checked.faults } : { body: own, reason: checked.value.reason };
};
