/** Returns whether a value is an object that is no list. */
export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

type Defined<Fields> = Fields extends unknown
  ? { [Name in keyof Fields as undefined extends Fields[Name] ? never : Name]: Fields[Name] } & {
      [Name in keyof Fields as undefined extends Fields[Name] ? Name : never]?: Exclude<Fields[Name], undefined>;
    }
  : never;

/** Removes undefined fields, as `exactOptionalPropertyTypes` and JSON require. */
export function defined<const Fields extends object>(fields: Fields): Defined<Fields>;
export function defined(fields: object): object {
  const kept: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) kept[name] = value;
  return kept;
}
