import { type FieldError, pointerOf } from '../domain/domain-error.ts';

/** Which variables files can read: those whose names begin with the prefix, and no setting of Carillon. */
export type FileVariables = {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly prefix: string;
  readonly isSetting: (name: string) => boolean;
};

/** A value whose placeholders `${env:NAME}` are filled in. */
export type FilledIn = {
  readonly value: unknown;
  /** The texts that held placeholders, as they were before, by their pointers. */
  readonly places: ReadonlyMap<string, string>;
  /** What was filled in. None of it may be shown. */
  readonly texts: ReadonlySet<string>;
  readonly problems: readonly FieldError[];
};

const MARK = '${env:';
/** `$${` stands for `${` itself. */
const PLACEHOLDER = /(?<!\$)\$\{env:([^}]*)\}?/g;
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Fills in the placeholders of all texts in a value. What was filled in is looked through no more, so it may hold none. */
export const fillIn = (value: unknown, variables: FileVariables): FilledIn => {
  const places = new Map<string, string>();
  const texts = new Set<string>();
  const problems: FieldError[] = [];

  const textOf = (text: string, pointer: string): string =>
    text.replace(PLACEHOLDER, (placeholder, name: string) => {
      places.set(pointer, text);
      const read = readVariable(placeholder, name, variables);
      if ('problem' in read) {
        problems.push({ pointer, message: read.problem });
        return placeholder;
      }
      texts.add(read.value);
      return read.value;
    });
  const walk = (given: unknown, path: readonly string[]): unknown => {
    if (typeof given === 'string') return given.includes(MARK) ? textOf(given, pointerOf(path)) : given;
    if (typeof given !== 'object' || given === null) return given;
    if (Array.isArray(given)) return given.map((item, index) => walk(item, [...path, String(index)]));
    return Object.fromEntries(
      Object.entries(given).map(([key, item]) => {
        const inner = [...path, key];
        if (key.includes(MARK))
          problems.push({ pointer: pointerOf(inner), message: 'a name cannot contain a placeholder' });
        return [key, walk(item, inner)];
      }),
    );
  };
  return { value: walk(value, []), places, texts, problems };
};

/** The value of a variable, or why no file can have it. A variable that files can't read is not read at all. */
const readVariable = (
  placeholder: string,
  name: string,
  { environment, prefix, isSetting }: FileVariables,
): { readonly value: string } | { readonly problem: string } => {
  if (!placeholder.endsWith('}') || !NAME.test(name)) {
    return { problem: 'has an invalid placeholder: write ${env:NAME} for the environment variable NAME' };
  }
  if (isSetting(name)) {
    return {
      problem: `can't read ${name}: it is a setting of Carillon. Put the value into another variable, such as ${prefix}VALUE`,
    };
  }
  if (!name.startsWith(prefix)) {
    return {
      problem: `can't read ${name}: files can read only variables with the prefix ${prefix} (BOOTSTRAP_ENV_PREFIX). Rename it to ${prefix}${name} in the file and in the environment`,
    };
  }
  const value = Object.hasOwn(environment, name) ? environment[name] : undefined;
  if (!value) return { problem: `the environment variable ${name} is missing or empty` };
  return value.includes(MARK)
    ? { problem: `the environment variable ${name} contains a placeholder: give the value itself` }
    : { value };
};
