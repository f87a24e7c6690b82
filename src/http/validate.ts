import { z } from 'zod';
import { parseInput } from '../commands/parse.ts';
import type { RefusalCode } from '../domain/codes/problem-codes.ts';
import { refuseFields } from '../domain/refusal.ts';
import { unfitParts } from './body/json-body.ts';

/** Parameters, query and body of a request before they are validated. */
export type RawInput = { readonly params: unknown; readonly query: unknown; readonly body: unknown };

/**
 * Parses a value with a schema.
 * @throws Refusal with this code, naming each wrong field by its JSON pointer
 */
export const validate = <S extends z.ZodType>(code: RefusalCode, schema: S, value: unknown): z.output<S> => {
  const unfit = unfitParts(value);
  if (unfit.length > 0) throw refuseFields(code, unfit);
  return validateFit(code, schema, value);
};

/** Like `validate`, for a value that `parseJsonBody` has checked already. */
export const validateFit = <S extends z.ZodType>(code: RefusalCode, schema: S, value: unknown): z.output<S> =>
  parseInput(schema, value, { code, unknown: 'is not known here' });

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
/** Parameters of a version of what has an id, a name, or a name in an application. */
export const VersionParams = IdParams.extend({ version: PathId });
export const NameVersionParams = NameParams.extend({ version: PathId });
export const NamedVersionParams = NamedParams.extend({ version: PathId });
export const NoQuery = z.strictObject({});
/** A route that takes no body: absent or `{}`. */
export const NoBody = z.strictObject({}).optional();
/** Any JSON object: the command validates the fields. */
export const CommandBody = z.record(z.string(), z.unknown(), 'a JSON object is required');
