/** What of JSON Schema the schemas of stored events have. */
export type Schema = {
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, Schema>>;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly additionalProperties?: Schema | boolean;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly [keyword: string]: unknown;
};

const LOWEST = ['minimum', 'exclusiveMinimum', 'minLength', 'minItems'];
const HIGHEST = ['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems'];
const ALIKE = ['pattern', 'format'];

/**
 * What was stored by the older schema and the newer one could not read: a field that it needs and that may be missing, a
 * value that it rules out, a field that it knows no more, whose value would be lost.
 */
export const unreadable = (older: Schema, newer: Schema): readonly string[] => {
  /** By the names of both. A schema that contains itself is readable in itself unless something else in it is not. */
  const compared = new Map<string, readonly string[]>();
  const resolved = (schema: Schema, whole: Schema): Schema => {
    const { $ref } = schema;
    if ($ref === undefined) return schema;
    const found = whole.$defs?.[$ref.replace('#/$defs/', '')];
    if (found === undefined) throw new Error(`nothing is at ${$ref}`);
    return resolved(found, whole);
  };

  const compare = (before: Schema = {}, after: Schema = {}, at: string): readonly string[] => {
    if (before.$ref === undefined || after.$ref === undefined) return compareResolved(before, after, at);
    const pair = `${before.$ref} ${after.$ref}`;
    const known = compared.get(pair);
    if (known !== undefined) return known;
    compared.set(pair, []);
    const found = compareResolved(before, after, at);
    compared.set(pair, found);
    return found;
  };

  const compareResolved = (before: Schema, after: Schema, at: string): readonly string[] => {
    const [was, now] = [resolved(before, older), resolved(after, newer)];
    const choices = now.anyOf ?? now.oneOf;
    if (choices !== undefined) {
      return (was.anyOf ?? was.oneOf ?? [was]).flatMap((choice) => {
        const reasons = choices.map((each) => compare(choice, each, at));
        return reasons.some(({ length }) => length === 0) ? [] : shortest(reasons);
      });
    }
    const found: string[] = [];
    const say = (what: string): void => void found.push(`${at || '/'}: ${what}`);

    const types = [now.type ?? []].flat();
    const known = [was.type ?? []]
      .flat()
      .every((type) => types.includes(type === 'integer' ? 'number' : type) || types.includes(type));
    if (types.length > 0 && !known) say(`is ${types.join(' or ')} now`);
    const values = valuesOf(now);
    if (values !== undefined && !(valuesOf(was)?.every((value) => values.includes(value)) ?? false))
      say('rules out a value');
    for (const keyword of LOWEST) if (isBelow(was[keyword], now[keyword])) say(`${keyword} is higher`);
    for (const keyword of HIGHEST) if (isAbove(was[keyword], now[keyword])) say(`${keyword} is lower`);
    for (const keyword of ALIKE)
      if (now[keyword] !== undefined && now[keyword] !== was[keyword]) say(`${keyword} changed`);
    for (const name of now.required ?? [])
      if (!was.required?.includes(name)) found.push(`${at}/${name}: may be missing`);
    for (const [name, field] of Object.entries(was.properties ?? {})) {
      const nowField = now.properties?.[name];
      if (nowField === undefined) found.push(`${at}/${name}: is known no more`);
      else found.push(...compare(field, nowField, `${at}/${name}`));
    }
    if (now.items !== undefined) found.push(...compare(was.items, now.items, `${at}/*`));
    if (typeof now.additionalProperties === 'object' && typeof was.additionalProperties === 'object')
      found.push(...compare(was.additionalProperties, now.additionalProperties, `${at}/*`));
    return found;
  };
  return compare(older, newer, '');
};

const valuesOf = ({ const: only, enum: some }: Schema): readonly unknown[] | undefined =>
  some ?? (only === undefined ? undefined : [only]);

/** A bound that is not there is beyond all others. */
const isBelow = (was: unknown, now: unknown): boolean =>
  now !== undefined && (was === undefined || Number(was) < Number(now));
const isAbove = (was: unknown, now: unknown): boolean =>
  now !== undefined && (was === undefined || Number(was) > Number(now));

/** Why no choice fits, by the one that fits best. */
const shortest = (reasons: readonly (readonly string[])[]): readonly string[] =>
  reasons.reduce((best, each) => (each.length < best.length ? each : best));
