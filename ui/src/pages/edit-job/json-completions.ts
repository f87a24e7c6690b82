/** What the JSON at the cursor can be completed with. */

/** The place of the cursor in JSON. */
type Place = {
  /** The keys from the root; `0` for an item of a list. */
  readonly path: readonly string[];
  readonly isKey: boolean;
  /** Earlier keys of the same object. */
  readonly taken: readonly string[];
  /** Where the incomplete text begins; the cursor if there is none. */
  readonly from: number;
};

type Frame = { readonly isArray: boolean; readonly keys: string[]; key?: string };

const TOKENS = /"(?:[^"\\]|\\.)*"?|[{}[\],:]|[^\s"{}[\],:]+/g;

/** The place at the end of a text; `undefined` outside any object or list, and after a complete value. */
export const placeAfter = (text: string): Place | undefined => {
  const frames: Frame[] = [];
  let from = text.length;
  let last = '';
  for (const { 0: token, index } of text.matchAll(TOKENS)) {
    const top = frames.at(-1);
    const isString = token.startsWith('"');
    const isIncomplete = index + token.length === text.length && (isString ? !isClosed(token) : /[\w-]/.test(token));
    if (isIncomplete) {
      from = index;
      break;
    }
    last = token;
    if (token === '{' || token === '[') frames.push({ isArray: token === '[', keys: [] });
    else if (token === '}' || token === ']') frames.pop();
    else if (token === ',') delete top?.key;
    else if (isString && top?.isArray === false && top.key === undefined) {
      top.key = token.slice(1, -1);
      top.keys.push(top.key);
    }
  }
  const top = frames.at(-1);
  if (top === undefined || !['{', '[', ',', ':'].includes(last)) return undefined;
  const isKey = !top.isArray && top.key === undefined;
  const path = frames.flatMap(({ isArray, key }) => (isArray ? ['0'] : key === undefined ? [] : [key]));
  return { path, isKey, taken: isKey ? top.keys : [], from };
};

const isClosed = (token: string): boolean => /^"(?:[^"\\]|\\.)*"$/.test(token);

/** A document with JSON Schemas, and the pointer of the one that the edited JSON follows. */
export type SchemaIn = { readonly document: unknown; readonly pointer: string };

/** The keys or values that a schema allows at a place, as JSON. */
export const optionsAt = ({ document, pointer }: SchemaIn, { path, isKey, taken }: Place): readonly string[] => {
  const alternatives = (schema: unknown): readonly unknown[] => {
    const ref = member(schema, '$ref');
    if (typeof ref === 'string') return alternatives(memberAt(document, ref.slice(1)));
    const nested = ['anyOf', 'oneOf', 'allOf'].flatMap((name) => listOf(member(schema, name)));
    return [schema, ...nested.flatMap(alternatives)];
  };
  const found = path.reduce<readonly unknown[]>(
    (schemas, step) => schemas.flatMap((schema) => alternatives(inner(schema, step))),
    alternatives(memberAt(document, pointer)),
  );
  const options = found.flatMap((schema) => (isKey ? keysOf(schema) : valuesOf(schema)));
  const known = new Set<unknown>(taken);
  return [...new Set(options)].filter((option) => !known.has(option)).map((option) => JSON.stringify(option));
};

/** The value at a JSON pointer, also through lists. */
export const memberAt = (document: unknown, pointer: string): unknown =>
  pointer
    .split('/')
    .slice(1)
    .reduce<unknown>((value, step) => member(value, step), document);

const inner = (schema: unknown, step: string): unknown =>
  member(member(schema, 'properties'), step) ?? member(schema, step === '0' ? 'items' : 'additionalProperties');

const keysOf = (schema: unknown): readonly unknown[] => Object.keys(Object(member(schema, 'properties')));

const valuesOf = (schema: unknown): readonly unknown[] => {
  const constant = member(schema, 'const');
  if (constant !== undefined) return [constant];
  return member(schema, 'type') === 'boolean' ? [true, false] : listOf(member(schema, 'enum'));
};

const member = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
