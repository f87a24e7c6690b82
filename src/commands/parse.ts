import { z } from 'zod';
import type { DomainErrorCode } from '../domain/codes/problem-codes.ts';
import { type FieldError, MAX_ERRORS, pointerOf, rejectFields } from '../domain/domain-error.ts';
import { invisibleProblem, plainText } from '../domain/values.ts';
import { nearestName } from '../runtime/nearest-name.ts';

type CheckResult<Value> = { readonly value: Value } | { readonly faults: readonly FieldError[] };

/** Parses an input by its schema; returns errors instead of throwing. */
export const checkInput = <S extends z.ZodType>(schema: S, input: unknown): CheckResult<z.output<S>> => {
  const parsed = schema.safeParse(input, { error: messageOf });
  return parsed.success ? { value: parsed.data } : { faults: toFieldErrors(parsed.error.issues, input) };
};

/**
 * Parses an input by its schema.
 * @throws DomainError BAD_INPUT, or the given code, naming the invalid fields
 */
export const parseInput = <S extends z.ZodType>(
  schema: S,
  input: unknown,
  code: DomainErrorCode = 'BAD_INPUT',
): z.output<S> => {
  const checked = checkInput(schema, input);
  if ('value' in checked) return checked.value;
  throw rejectFields(code, checked.faults);
};

/** Rejects names and labels that look like others. */
export const requireVisible = (text: string, { addIssue }: z.RefinementCtx<string>): void => {
  const message = invisibleProblem(text);
  if (message !== undefined) addIssue({ code: 'custom', message });
};

const MAX_REASON = 500;

/** The reason of a change, in a body. */
export const ReasonInput = plainText(MAX_REASON);

/** Fields that the server sets. Changes ignore them, so that callers can PUT the result of a GET. */
export function serverSet<const Name extends string>(
  ...names: readonly Name[]
): Record<Name, z.ZodOptional<z.ZodUnknown>>;
export function serverSet(...names: readonly string[]): Record<string, z.ZodOptional<z.ZodUnknown>> {
  return Object.fromEntries(names.map((name) => [name, z.unknown().optional()]));
}

/** The same fields in a change: each can be omitted, and null clears it. */
export function clearable<Fields extends Readonly<Record<string, z.ZodType>>>(
  fields: Fields,
): { [Name in keyof Fields]: z.ZodOptional<z.ZodNullable<Fields[Name]>> };
export function clearable(fields: Readonly<Record<string, z.ZodType>>): Record<string, z.ZodType> {
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, field.nullish()]));
}

/** Name of a calendar or limit in jobs and paths. */
export const Slug = z
  .string()
  .max(64)
  .regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/, 'must be lower-case letters, digits and single hyphens, at most 64');

/**
 * Errors of an input in the caller's terms: zod's own messages describe its types, and of a union they only state that no
 * schema fits. A schema's own message takes precedence.
 */

/** Placeholder for the errors of a union, until `toFieldErrors` knows which of its schemas was meant. */
const OF_UNION = 'none of these';

const KINDS: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
  null: 'null',
};

const FORMS: Readonly<Record<string, string>> = {
  datetime: 'an instant such as 2026-03-29T02:30:00Z',
  date: 'a date such as 2026-03-29',
  email: 'an e-mail address',
  url: 'a URL',
  uuid: 'a UUID',
};

const COUNTED: Readonly<Record<string, string>> = { string: 'characters', array: 'items', set: 'items' };

/** The message of an issue whose schema has none. */
const messageOf = (issue: z.core.$ZodRawIssue): string => {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined ? REQUIRED : `must be ${KINDS[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return issue.input === undefined ? REQUIRED : `must be ${oneOf(issue.values)}`;
    case 'too_small':
      if (COUNTED[issue.origin] === undefined)
        return `must be ${issue.inclusive ? 'at least' : 'above'} ${issue.minimum}`;
      return issue.minimum === 1 ? 'must not be empty' : `must have at least ${issue.minimum} ${COUNTED[issue.origin]}`;
    case 'too_big':
      if (COUNTED[issue.origin] === undefined)
        return `must be ${issue.inclusive ? 'at most' : 'below'} ${issue.maximum}`;
      return `must have at most ${issue.maximum} ${COUNTED[issue.origin]}`;
    case 'invalid_format':
      return `must be ${FORMS[issue.format] ?? `of the form ${issue.pattern ?? issue.format}`}`;
    case 'not_multiple_of':
      return `must be a multiple of ${issue.divisor}`;
    case 'invalid_union':
      if (issue.discriminator === undefined) return OF_UNION;
      return `must be ${oneOf(Array.isArray(issue.options) ? issue.options : [])}`;
    case 'unrecognized_keys':
      return [...knownFields(issue.inst), ...fieldsWithin(issue.inst)].join(LIST);
    default:
      return 'is not allowed here';
  }
};

/** Joins the known fields in the message of an issue about unknown ones. */
const LIST = ', ';

/** The fields that callers can set, by the schema that found unknown ones. */
const knownFields = (schema: unknown): string[] =>
  schema instanceof z.ZodObject
    ? Object.entries(schema.shape).flatMap(([name, field]) => (isServerSet(field) ? [] : [name]))
    : [];

/** The fields of these fields, such as `taskConfig.timeout`. */
const fieldsWithin = (schema: unknown): string[] =>
  schema instanceof z.ZodObject
    ? Object.entries(schema.shape).flatMap(([name, field]) =>
        knownFields(objectIn(field)).map((inner) => `${name}.${inner}`),
      )
    : [];

const objectIn = (schema: unknown): z.ZodObject | undefined => {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodDefault)
    return objectIn(schema.unwrap());
  if (schema instanceof z.ZodPipe) return objectIn(schema.in);
  return schema instanceof z.ZodObject ? schema : undefined;
};

const isServerSet = (field: unknown): boolean =>
  field instanceof z.ZodOptional && field.unwrap() instanceof z.ZodUnknown;

const unknownField = (name: string, known: string): string => {
  if (known === '') return 'is unknown';
  const { within = [], here = [] } = Object.groupBy(known.split(LIST), (each) =>
    each.includes('.') ? 'within' : 'here',
  );
  const elsewhere = within.filter((each) => each.endsWith(`.${name}`)).join(' or ');
  const meant = elsewhere || nearestName(name, here);
  return meant === undefined ? `is unknown; known here are ${here.join(LIST)}` : `is unknown; did you mean ${meant}?`;
};

/** Adds the value that a misspelt one was meant to be. */
const withMeant = (message: string, { given, values }: { given: unknown; values: readonly unknown[] }): string => {
  const meant =
    typeof given === 'string' && message.startsWith(ONE_OF) ? nearestName(given, values.map(String)) : undefined;
  return meant === undefined ? message : `${message}; did you mean ${meant}?`;
};

const REQUIRED = 'is required';
const ONE_OF = 'must be one of ';

const oneOf = (values: readonly unknown[]): string =>
  values.length === 1 ? `${values[0]}` : `one of ${values.map(String).join(', ')}`;

const toFieldErrors = (
  issues: readonly z.core.$ZodIssue[],
  input: unknown,
  at: readonly PropertyKey[] = [],
): readonly FieldError[] =>
  issues.flatMap((issue): readonly FieldError[] => {
    const { path, isMissing } = placeIn(input, [...at, ...issue.path]);
    const pointer = pointerOf(path);
    if (issue.code === 'unrecognized_keys') {
      // Advice on names takes time, and only the first errors are shown.
      return issue.keys.map((key, index) => ({
        pointer: pointerOf([...path, key]),
        message: unknownField(key, index < MAX_ERRORS ? issue.message : ''),
      }));
    }
    if (issue.code !== 'custom' && isMissing) return [{ pointer, message: REQUIRED }];
    if (issue.code === 'invalid_key') return issue.issues.map(({ message }) => ({ pointer, message }));
    if (issue.code === 'invalid_value') {
      const given = valueAt(input, path);
      return [{ pointer, message: withMeant(issue.message, { given, values: issue.values }) }];
    }
    if (issue.code !== 'invalid_union') return [{ pointer, message: issue.message }];
    const hasOwn = issue.message !== OF_UNION;
    const meant = meantOf(hasOwn ? issue.errors.filter((issues) => issues.every(isWithin)) : issue.errors);
    if (hasOwn && meant === undefined) {
      const values = 'options' in issue && Array.isArray(issue.options) ? issue.options : [];
      return [{ pointer, message: withMeant(issue.message, { given: valueAt(input, path), values }) }];
    }
    return meant === undefined
      ? [{ pointer, message: anyOf(issue.errors) }]
      : toFieldErrors(
          meant.map((each) => withAllValues(each, issue.errors)),
          input,
          path,
        );
  });

/** Returns whether a value has the requested type, although its content is invalid. */
const isWithin = ({ code, path }: z.core.$ZodIssue): boolean => code === 'unrecognized_keys' || path.length > 0;

const OF_KIND: ReadonlySet<string> = new Set(['invalid_type', 'invalid_value']);

/** The issues of the union's schema that the input is closest to; `undefined` if it has the type of none. */
const meantOf = (branches: readonly (readonly z.core.$ZodIssue[])[]): readonly z.core.$ZodIssue[] | undefined =>
  branches
    .filter((issues) => !issues.some(({ code, path }) => path.length === 0 && OF_KIND.has(code ?? '')))
    .toSorted((a, b) => a.length - b.length)[0];

/** States the values of all branches for a field that selects one of them. */
const withAllValues = (
  issue: z.core.$ZodIssue,
  branches: readonly (readonly z.core.$ZodIssue[])[],
): z.core.$ZodIssue => {
  if (issue.code !== 'invalid_value') return issue;
  const values = branches.flatMap((issues) =>
    issues.flatMap((each) =>
      each.code === 'invalid_value' && pointerOf(each.path) === pointerOf(issue.path) ? each.values : [],
    ),
  );
  const all = [...new Set(values)];
  return { ...issue, values: all, message: `must be ${oneOf(all)}` };
};

const MUST_BE = 'must be ';
/** States the types that are accepted. */
const anyOf = (branches: readonly (readonly z.core.$ZodIssue[])[]): string => {
  const kinds = branches.flatMap(([issue]) => (issue === undefined ? [] : [issue.message.replace(MUST_BE, '')]));
  return MUST_BE + [...new Set(kinds)].join(' or ');
};

const valueAt = (input: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>((value, key) => Object(value)[key], input);

type Place = { readonly path: readonly PropertyKey[]; readonly isMissing: boolean };

/** The part of a path that exists in the input: a parameter with several names, for one, was sent as one text. */
const placeIn = (input: unknown, path: readonly PropertyKey[]): Place => {
  let value = input;
  for (const [depth, key] of path.entries()) {
    if (typeof value !== 'object' || value === null) return { path: path.slice(0, depth), isMissing: false };
    value = Reflect.get(value, key);
    if (value === undefined) return { path: path.slice(0, depth + 1), isMissing: true };
  }
  return { path, isMissing: value === undefined };
};
