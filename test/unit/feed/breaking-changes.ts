import type { JsonSchema } from '../../../src/feed/published.ts';

/**
 * What readers who trust the older schema would stumble over in data of the newer one: a field that went or may now be
 * missing, a value that the older one rules out. New fields are no break: readers pass over them.
 */
export const breakingChanges = (older: JsonSchema, newer: JsonSchema, at = ''): string[] => {
  const changed = KEPT.filter((keyword) => !same(older[keyword], newer[keyword]) && older[keyword] !== undefined);
  const found = changed.map((keyword) => `${at || '/'}: ${keyword} changed`);
  for (const name of older.required ?? []) {
    if (!(newer.required ?? []).includes(name)) found.push(`${at}/${name}: may be missing`);
  }
  for (const [name, schema] of Object.entries(older.properties ?? {})) {
    const now = newer.properties?.[name];
    if (now === undefined) found.push(`${at}/${name}: is gone`);
    else found.push(...breaking(schema, now, `${at}/${name}`));
  }
  for (const keyword of ['items', 'additionalProperties'] as const) {
    found.push(...breaking(older[keyword], newer[keyword], `${at}/${keyword}`));
  }
  for (const keyword of ['anyOf', 'oneOf'] as const) {
    const [was, now] = [older[keyword] ?? [], newer[keyword] ?? []];
    if (was.length !== now.length) found.push(`${at || '/'}: ${keyword} changed`);
    found.push(...was.flatMap((schema, index) => breaking(schema, now[index], `${at}/${keyword}/${index}`)));
  }
  return found;
};

/** Keywords whose every change may let in what was ruled out. */
const KEPT = ['type', 'const', 'enum', 'format', 'pattern', '$ref'] as const;

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

const breaking = (older: unknown, newer: unknown, at: string): string[] =>
  isSchema(older) ? (isSchema(newer) ? breakingChanges(older, newer, at) : [`${at}: is gone`]) : [];

const isSchema = (value: unknown): value is JsonSchema => typeof value === 'object' && value !== null;
