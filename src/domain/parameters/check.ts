import type { TaskConfig } from '../events/index.ts';
import { pointerOf } from '../refusal.ts';
import { isSealed } from '../values.ts';
import type { Parameter } from './expression.ts';
import { type ParameterRefused, unknownName } from './refused.ts';
import type { ClearTask } from './task.ts';
import { MOST_REFUSALS, readTemplate } from './template.ts';

/** Names that the application has. */
export type KnownNames = {
  readonly variables: ReadonlySet<string>;
  /** With the origins that each may be sent to; undefined for every target that is allowed. */
  readonly secrets: ReadonlyMap<string, readonly string[] | undefined>;
};
export const NO_NAMES: KnownNames = { variables: new Set(), secrets: new Map() };
export type TemplateRefusal = { readonly pointer: string; readonly refusal: ParameterRefused };
/** What tells where a task calls, with `$${` already read as `${`. */
export type TargetParts = { readonly endpoint?: string; readonly path?: string; readonly url?: string };
export type TemplateCheck = {
  readonly refusals: readonly TemplateRefusal[];
  /** Absent where the URL holds a parameter, so that it is known only at execution. */
  readonly staticTarget?: TargetParts;
};

const isUnknown = (parameter: Exclude<Parameter, { kind: 'time' }>, known: KnownNames): boolean => {
  switch (parameter.kind) {
    case 'variable':
      return !known.variables.has(parameter.name);
    case 'secret':
      return !known.secrets.has(parameter.name);
  }
};

/** Every text of a value. While one is looked at, `path` is where it stands: pointers are made of it for refusals alone. */
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

type Templated = Pick<TaskConfig, (typeof TEMPLATED)[number]>;

/** Whether a task has a parameter of this kind; texts without `mark` have none. Stops at the first one. */
const hasParameter = (task: Templated | ClearTask, mark: string, isMeant: (parameter: Parameter) => boolean): boolean =>
  TEMPLATED.some((key) => {
    for (const text of textsOf(task[key], [])) {
      if (!text.includes(mark)) continue;
      if (readTemplate(text).template.segments.some((part) => typeof part !== 'string' && isMeant(part))) return true;
    }
    return false;
  });

/** Whether a task names a variable or a secret of its application. */
export const namesValues = (task: ClearTask): boolean => hasParameter(task, '${', ({ kind }) => kind !== 'time');

/** Whether a task names a secret of its application. */
export const namesSecrets = (task: Templated): boolean =>
  hasParameter(task, SECRET_MARK, ({ kind }) => kind === 'secret');

const SECRET_MARK = '${secret:';
const TEMPLATED = ['endpoint', 'path', 'url', 'headers', 'auth', 'body'] as const;

/** Names of the secrets that are filled into a task. */
export const secretNames = (task: Templated): ReadonlySet<string> =>
  new Set(TEMPLATED.flatMap((key) => secretsIn(task[key])));

/** The secrets that a value's texts name. */
const secretsIn = (value: unknown): string[] =>
  [...textsOf(value, [])].flatMap((text) =>
    text.includes(SECRET_MARK)
      ? readTemplate(text).template.segments.flatMap((part) =>
          typeof part !== 'string' && part.kind === 'secret' ? [part.name] : [],
        )
      : [],
  );

/** Where secrets are filled into what a redirect would send on. */
export type SecretPlaces = {
  /** Names of headers, in lower case. */
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
  const { template, refusals } = readTemplate(text);
  return template.isStatic && refusals.length === 0 ? template.segments.join('') : undefined;
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
 * What is wrong with a task's parameters (the first twenty, where it is more), each with a JSON pointer into the task's configuration. Names are
 * checked where those of the application are handed in; sealed values are left to whoever can open them.
 */
export const checkTemplates = (
  task: Pick<TaskConfig, (typeof TEMPLATED)[number]>,
  known?: KnownNames,
): TemplateCheck => {
  const refusals: TemplateRefusal[] = [];
  for (const key of TEMPLATED) {
    const path: string[] = [key];
    for (const text of textsOf(task[key], path)) {
      if (refusals.length >= MOST_REFUSALS) break;
      const reading = readTemplate(text);
      for (const refusal of reading.refusals) refusals.push({ pointer: pointerOf(path), refusal });
      if (known === undefined) continue;
      for (const segment of reading.template.segments) {
        if (refusals.length >= MOST_REFUSALS) break;
        if (typeof segment === 'string' || segment.kind === 'time') continue;
        if (isUnknown(segment, known)) refusals.push({ pointer: pointerOf(path), refusal: unknownName(segment) });
      }
    }
  }
  const staticTarget = staticTargetOf(task);
  return { refusals, ...(staticTarget !== undefined && { staticTarget }) };
};
