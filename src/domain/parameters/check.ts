import { pointerOf } from '../domain-error.ts';
import { isSealed } from '../values.ts';
import { type ParameterRejected, unknownName } from './rejected.ts';
import { MAX_REFUSALS, type Parameter, readTemplate } from './template.ts';

/** The variables and secrets of an application, by name. */
export type KnownNames = {
  readonly variables: ReadonlySet<string>;
  /** Each with the origins that can receive it; `undefined` if every allowed target can. */
  readonly secrets: ReadonlyMap<string, readonly string[] | undefined>;
};
export const NO_NAMES: KnownNames = { variables: new Set(), secrets: new Map() };
export type TemplateError = { readonly pointer: string; readonly rejection: ParameterRejected };

const isUnknown = (parameter: Exclude<Parameter, { kind: 'time' }>, known: KnownNames): boolean => {
  switch (parameter.kind) {
    case 'variable':
      return !known.variables.has(parameter.name);
    case 'secret':
      return !known.secrets.has(parameter.name);
  }
};

/** Yields each text in a value. Updates `path` to the place of the text, for the pointer of an error. */
function* textsOf(value: unknown, path: string[]): Generator<string> {
  if (typeof value === 'string') yield value;
  else if (typeof value !== 'object' || value === null || isSealed(value)) return;
  else {
    for (const [key, item] of Object.entries(value)) {
      path.push(key);
      yield* textsOf(item, path);
      path.pop();
    }
  }
}

/** Returns whether a text in a value satisfies `test`. Runs for each call, and a generator takes three times as long. */
const someText = (value: unknown, test: (text: string) => boolean): boolean => {
  if (typeof value === 'string') return test(value);
  if (typeof value !== 'object' || value === null || isSealed(value)) return false;
  return Object.values(value).some((item) => someText(item, test));
};

/** Returns whether a value uses a variable or secret of the application. Only texts with a parameter are parsed. */
export const namesValue = (value: unknown): boolean =>
  someText(
    value,
    (text) =>
      text.includes('${') &&
      readTemplate(text).template.segments.some((part) => typeof part !== 'string' && part.kind !== 'time'),
  );

const SECRET_MARK = '${secret:';

/** The names of the secrets that the texts of a value use. */
export const secretsIn = (value: unknown): readonly string[] =>
  someText(value, (text) => text.includes(SECRET_MARK))
    ? [...textsOf(value, [])].flatMap((text) =>
        readTemplate(text).template.segments.flatMap((part) =>
          typeof part !== 'string' && part.kind === 'secret' ? [part.name] : [],
        ),
      )
    : [];

/** A text without parameters, with `$${` unescaped to `${`; `undefined` if it has a parameter. */
export const staticText = (text: string): string | undefined => {
  const { template, rejections } = readTemplate(text);
  return template.isStatic && rejections.length === 0 ? template.segments.join('') : undefined;
};

type PlacedValue = { readonly path: readonly string[]; readonly value: unknown };

/**
 * Finds errors in the parameters of values: up to 20, each with a JSON pointer. Names are checked only if `known` is given.
 * Sealed values can't be read and are not checked.
 */
export const templateErrors = (values: readonly PlacedValue[], known: KnownNames | undefined): TemplateError[] => {
  const rejections: TemplateError[] = [];
  for (const { path: start, value } of values) {
    const path = [...start];
    for (const text of textsOf(value, path)) {
      if (rejections.length >= MAX_REFUSALS) break;
      const reading = readTemplate(text);
      for (const rejection of reading.rejections) rejections.push({ pointer: pointerOf(path), rejection });
      if (known === undefined) continue;
      for (const segment of reading.template.segments) {
        if (rejections.length >= MAX_REFUSALS) break;
        if (typeof segment === 'string' || segment.kind === 'time') continue;
        if (isUnknown(segment, known)) rejections.push({ pointer: pointerOf(path), rejection: unknownName(segment) });
      }
    }
  }
  return rejections;
};
