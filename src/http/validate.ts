import { z } from 'zod';
import { checkInput, parseInput, ReasonInput } from '../commands/parse.ts';
import type { DomainErrorCode } from '../domain/codes/problem-codes.ts';
import { defined, isRecord } from '../domain/defined.ts';
import { type FieldError, rejectFields } from '../domain/domain-error.ts';
import { Tenant } from '../domain/values.ts';
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
  parseInput(schema, value, code);

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
  const inBody = checkInput(body, input.body);
  if (known.length === 0 && 'value' in inPath && 'value' in inQuery && 'value' in inBody) {
    return { params: inPath.value, query: inQuery.value, body: inBody.value };
  }
  const all = [inPath, inQuery, checkInput(accepts, input.body)];
  const faults = [...all.flatMap((part) => ('faults' in part ? part.faults : [])), ...known];
  throw rejectFields('faults' in inPath ? 'BAD_ID' : 'BAD_INPUT', faults);
};

const check = (schema: z.ZodType, value: unknown) => {
  const faults = unfitParts(value);
  return faults.length > 0 ? { faults } : checkInput(schema, value);
};

/** A positive safe integer, written plainly: no sign, exponent, fraction or leading zero. */
export const PathId = z
  .string()
  .regex(/^[1-9]\d{0,15}$/, 'is not an id')
  .transform(Number)
  .refine(Number.isSafeInteger, 'is not an id')
  .meta({ format: 'int64', minimum: 1 });

type NumberRange = { readonly most: number; readonly byDefault: number; readonly description?: string };

/** A positive whole number in a query. */
export const wholeNumber = ({ most, byDefault, description }: NumberRange) =>
  z
    .string()
    .regex(/^[1-9]\d*$/, `must be a whole number from 1 to ${most}`)
    .transform(Number)
    .refine((number) => number <= most, `must be at most ${most}`)
    .default(byDefault)
    .meta({ format: 'int32', minimum: 1, maximum: most, default: byDefault, ...defined({ description }) });

const PathName = z.string().min(1).max(200);

/** The parameters of paths, by name. */
const PARAMS = {
  id: PathId,
  name: PathName,
  version: PathId,
  backfillId: PathId,
  sub: PathName,
  tenant: Tenant,
};
type Params = typeof PARAMS;

/** The names of the parameters in a path such as `/jobs/:id/history/:version`. */
type NamesIn<Path extends string> = Path extends `${string}:${infer Name}/${infer Rest}`
  ? Name | NamesIn<Rest>
  : Path extends `${string}:${infer Name}`
    ? Name
    : never;

/** Schema of the parameters in a path. */
export type ParamsIn<Path extends string> = z.ZodObject<Pick<Params, NamesIn<Path> & keyof Params>, z.core.$strict>;

export function paramsIn<Path extends string>(path: Path): ParamsIn<Path>;
export function paramsIn(path: string): z.ZodObject {
  const names = [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => name);
  return z.strictObject(Object.fromEntries(Object.entries(PARAMS).filter(([name]) => names.includes(name))));
}

export const NoQuery = z.strictObject({});
/** For a route without a body: absent or `{}`. */
export const NoBody = z.strictObject({}).optional();
/** Any JSON object: the command validates the fields. */
const CommandBody = z.record(z.string(), z.unknown(), 'a JSON object is required');

/** What is checked of a body before its command validates it by this schema. */
export const bodyOf = (accepts: z.ZodType | undefined): z.ZodType => {
  if (accepts === undefined) return NoBody;
  return accepts._zod.optin === 'optional' ? CommandBody.optional() : CommandBody;
};

const WithReason = z.looseObject({ reason: ReasonInput });

type Taken = { readonly body: unknown; readonly reason?: string; readonly faults?: readonly FieldError[] };

/** Removes the reason from a body, or returns its errors: every change accepts one. */
export const takeReason = (body: unknown): Taken => {
  if (!isRecord(body) || !('reason' in body)) return { body };
  const checked = checkInput(WithReason, body);
  const { reason: _, ...own } = body;
  return 'faults' in checked ? { body: own, faults: checked.faults } : { body: own, reason: checked.value.reason };
};
