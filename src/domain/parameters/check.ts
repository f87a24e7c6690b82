import { pointerOf } from '../domain-error.ts';
import type { TaskConfig } from '../tasks/stored.ts';
import { isSealed } from '../values.ts';
import { type ParameterRejected, unknownName } from './rejected.ts';
import type { ClearTask } from './task.ts';
import { MAX_REFUSALS, type Parameter, readTemplate } from './template.ts';

/** The variables and secrets of an application, by name. */
export type KnownNames = {
  readonly variables: ReadonlySet<string>;
  /** Each with the origins that it may be sent to; undefined if it may be sent to every allowed target. */
  readonly secrets: ReadonlyMap<string, readonly string[] | undefined>;
};
export const NO_NAMES: KnownNames = { variables: new Set(), secrets: new Map() };
export type TemplateError = { readonly pointer: string; readonly rejection: ParameterRejected };
/** The parts of a task that decide where it calls, with `$${` already turned into `${`. */
export type TargetParts = { readonly endpoint?: string; readonly path?: string; readonly url?: string };
export type TemplateCheck = {
  readonly rejections: readonly TemplateError[];
  /** Absent if a part contains a parameter: then the URL is known only at execution. */
  readonly staticTarget?: TargetParts;
  /** Of an OAuth2 client; absent also if it contains a parameter. */
  readonly staticTokenUrl?: string;
};

const isUnknown = (parameter: Exclude<Parameter, { kind: 'time' }>, known: KnownNames): boolean => {
  switch (parameter.kind) {
    case 'variable':
      return !known.variables.has(parameter.name);
    case 'secret':
      return !known.secrets.has(parameter.name);
  }
};

/** Yields each text in a value. `path` is changed to the place of the text, so that a rejection can be pointed at it. */
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

/** A task whose texts may hold parameters; values that are kept sealed hold none. */
type TemplateFields = { readonly [part in (typeof TEMPLATED)[number]]?: unknown };

/** Whether some text in a value satisfies `test`. Each call asks this, and a generator takes three times as long. */
const someText = (value: unknown, test: (text: string) => boolean): boolean => {
  if (typeof value === 'string') return test(value);
  if (typeof value !== 'object' || value === null || isSealed(value)) return false;
  return Object.values(value).some((item) => someText(item, test));
};

/** Whether a task has a parameter of a kind. Only texts that contain `mark` are parsed. */
const hasParameter = (task: TemplateFields, mark: string, isMeant: (parameter: Parameter) => boolean): boolean =>
  TEMPLATED.some((key) =>
    someText(
      task[key],
      (text) =>
        text.includes(mark) &&
        readTemplate(text).template.segments.some((part) => typeof part !== 'string' && isMeant(part)),
    ),
  );

/** Whether a task names a variable or a secret of its application. */
export const namesValues = (task: ClearTask): boolean => hasParameter(task, '${', ({ kind }) => kind !== 'time');

/** Whether a task names a secret of its application. */
export const namesSecrets = (task: TemplateFields): boolean =>
  hasParameter(task, SECRET_MARK, ({ kind }) => kind === 'secret');

const SECRET_MARK = '${secret:';
const TEMPLATED = ['endpoint', 'path', 'url', 'headers', 'auth', 'body'] as const;

/** The names of the secrets that a task uses. */
export const secretNames = (task: TemplateFields): ReadonlySet<string> =>
  new Set(TEMPLATED.flatMap((key) => secretsIn(task[key])));

/** The names of the secrets that the auth of a task uses. */
export const secretNamesOfAuth = ({ auth }: Pick<TemplateFields, 'auth'>): ReadonlySet<string> =>
  new Set(secretsIn(auth));

/** The names of the secrets that the texts of a value use. */
const secretsIn = (value: unknown): string[] =>
  [...textsOf(value, [])].flatMap((text) =>
    text.includes(SECRET_MARK)
      ? readTemplate(text).template.segments.flatMap((part) =>
          typeof part !== 'string' && part.kind === 'secret' ? [part.name] : [],
        )
      : [],
  );

/** Where a task uses secrets, among the parts that a redirect sends again. */
export type SecretPlaces = {
  /** The names of headers with a secret, in lower case. */
  readonly headers: ReadonlySet<string>;
  readonly isInBody: boolean;
};

export const secretPlaces = ({ headers = {}, body }: Pick<ClearTask, 'headers' | 'body'>): SecretPlaces => ({
  headers: new Set(
    Object.entries(headers).flatMap(([name, value]) => (secretsIn(value).length > 0 ? [name.toLowerCase()] : [])),
  ),
  isInBody: secretsIn(body).length > 0,
});

const staticText = (text: string): string | undefined => {
  const { template, rejections } = readTemplate(text);
  return template.isStatic && rejections.length === 0 ? template.segments.join('') : undefined;
};

const staticTargetOf = (task: Pick<TaskConfig, 'endpoint' | 'path' | 'url'>): TargetParts | undefined => {
  const parts: { endpoint?: string; path?: string; url?: string } = {};
  for (const key of ['endpoint', 'path', 'url'] as const) {
    const given = task[key];
    if (given === undefined) continue;
    const text = staticText(given);
    if (text === undefined) return undefined;
    parts[key] = text;
  }
  return parts;
};

/**
 * Finds what is wrong with a task's parameters: at most twenty rejections, each with a JSON pointer into the task's
 * configuration. Names are checked only if `known` is given. Sealed values are not checked, since they cannot be read.
 */
export const checkTemplates = (
  task: Pick<TaskConfig, (typeof TEMPLATED)[number]>,
  known?: KnownNames,
): TemplateCheck => {
  const rejections: TemplateError[] = [];
  for (const key of TEMPLATED) {
    const path: string[] = [key];
    for (const text of textsOf(task[key], path)) {
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
  const staticTarget = staticTargetOf(task);
  const staticTokenUrl = task.auth?.authMethod === 'oauth2' ? staticText(task.auth.tokenUrl) : undefined;
  return {
    rejections,
    ...(staticTarget !== undefined && { staticTarget }),
    ...(staticTokenUrl !== undefined && { staticTokenUrl }),
  };
};
