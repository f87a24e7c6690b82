import { type FieldError, pointerOf } from '../domain/refusal.ts';

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
export const fillIn = (value: unknown, environment: NodeJS.ProcessEnv): FilledIn => {
  const places = new Map<string, string>();
  const texts = new Set<string>();
  const problems: FieldError[] = [];

  const textOf = (text: string, pointer: string): string =>
    text.replace(PLACEHOLDER, (placeholder, name: string) => {
      const given = Object.hasOwn(environment, name) ? environment[name] : undefined;
      const message = problemWith({ placeholder, name, given });
      if (message !== undefined) problems.push({ pointer, message });
      places.set(pointer, text);
      if (given) texts.add(given);
      return given ?? placeholder;
    });
  const walk = (given: unknown, path: readonly string[]): unknown => {
    if (typeof given === 'string') return given.includes(MARK) ? textOf(given, pointerOf(path)) : given;
    if (typeof given !== 'object' || given === null) return given;
    if (Array.isArray(given)) return given.map((item, index) => walk(item, [...path, String(index)]));
    return Object.fromEntries(
      Object.entries(given).map(([key, item]) => {
        const inner = [...path, key];
        if (key.includes(MARK)) problems.push({ pointer: pointerOf(inner), message: 'a name is not filled in' });
        return [key, walk(item, inner)];
      }),
    );
  };
  return { value: walk(value, []), places, texts, problems };
};

type Placeholder = { readonly placeholder: string; readonly name: string; readonly given: string | undefined };

const problemWith = ({ placeholder, name, given }: Placeholder): string | undefined => {
  if (!placeholder.endsWith('}') || !NAME.test(name)) {
    return 'has a placeholder that names no variable of the environment: it is written ${env:NAME}';
  }
  if (!given) return `the environment has no ${name}, or it is empty`;
  return given.includes(MARK) ? `${name} of the environment holds a placeholder itself` : undefined;
};
