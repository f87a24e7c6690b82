import { z } from 'zod';
import { toInstant } from '../../domain/values.ts';

/** Schemas that convert columns as slonik reads them. */
export const bigint = z.bigint().transform(Number);
export const instant = z.number().transform(toInstant);
/** Invalid JSON is rejected like any other bad column: an exception here would end the process. */
export const json = z.string().transform((text, context): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue('is not JSON');
    return z.NEVER;
  }
});
/** A column that may be null, which is read as undefined. */
export const optional = <Value>(column: z.ZodType<Value>) => column.nullable().transform((value) => value ?? undefined);
export const count = z.object({ count: bigint });
export const found = z.object({ found: z.boolean() });

type Present<Row> = { [Name in keyof Row as null extends Row[Name] ? never : Name]: Row[Name] } & {
  [Name in keyof Row as null extends Row[Name] ? Name : never]?: Exclude<Row[Name], null>;
};

/** Returns the columns of a row that have a value. */
export function present<Row extends object>(row: Row): Present<Row>;
export function present(row: object): object {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null));
}

/** Returns whether a number can be an id. Others match nothing, and Postgres would reject them. */
export const isId = (id: number): boolean => Number.isSafeInteger(id) && id >= 0;

/** Removes NUL characters, which Postgres can not store in a text. */
export const storable = (text: string): string => (text.includes('\0') ? text.replaceAll('\0', '') : text);

/** Serializes to JSON that jsonb accepts: without NUL characters and unpaired surrogates. */
export const storableJson = (value: unknown): string => {
  const text = JSON.stringify(value);
  // jsonb rejects only escaped characters. Checking each part would be slower.
  if (!text.includes('\\u')) return text;
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'string' ? storable(part).toWellFormed() : part,
  );
};
