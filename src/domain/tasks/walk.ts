import { pointerOf } from '../domain-error.ts';
import {
  fillValue,
  type KnownNames,
  namesValue,
  nothingFilled,
  type ParameterContext,
  ParameterRejected,
  type ResolvedParameter,
  secretsIn,
  type TemplateError,
  templateErrors,
} from '../parameters/index.ts';
import { MASK, SEALED_SHOWN, type SensitiveNames } from '../redaction/mask.ts';
import { isSealed, type JsonValue } from '../values.ts';
import type { Destination, Field } from './kind.ts';
import { type ClearTask, kindOf, type RunTaskConfig, type Task, type TaskOf, withQueryOfRun } from './kinds.ts';
import type { TaskType } from './stored.ts';

/** Sent in place of a secret to keep the stored one. */
export type KeepMark = { readonly sealed: true };
export const isKeepMark = (value: unknown): value is KeepMark =>
  typeof value === 'object' &&
  value !== null &&
  'sealed' in value &&
  value.sealed === true &&
  Object.keys(value).length === 1;

/** A configuration as callers send it. */
export type GivenTask<Type extends TaskType = TaskType> = Task<string | KeepMark, JsonValue, Type>;

type AnyTask = TaskOf<object>;

/** One value of a task: a field's, or one of the texts of a field that maps names to texts. */
export type TaskValue = {
  readonly field: Field;
  readonly path: readonly string[];
  readonly name?: string;
  readonly value: JsonValue;
};

/** The JSON pointer of a value within the configuration. */
export const pointerIn = ({ path, name }: TaskValue): string => pointerOf(name === undefined ? path : [...path, name]);

/** The value of a field of the configuration or of a nested object. */
const valueAt = (task: object, [first = '', second]: readonly string[]): JsonValue | undefined => {
  const value = Object(task)[first];
  return second === undefined || value === undefined ? value : Object(value)[second];
};

/** The values of a task that can have parameters or secrets, in the order of its kind's fields. */
export const valuesOf = (task: AnyTask): readonly TaskValue[] => {
  const values: TaskValue[] = [];
  for (const { field, path } of kindOf(task).fields) {
    const value = valueAt(task.taskConfig, path);
    if (value === undefined) continue;
    if (field.holds !== 'texts') values.push({ field, path, value });
    else for (const [name, each] of textsOf(value)) values.push({ field, path, name, value: each });
  }
  return values;
};

const textsOf = (value: JsonValue | undefined) => Object.entries<JsonValue>(Object(value));

/** The corresponding value of another task; ignores the case of names. */
export const valueLike = ({ taskConfig }: AnyTask, { path, name }: TaskValue): JsonValue | undefined => {
  const value = valueAt(taskConfig, path);
  if (name === undefined) return value;
  return textsOf(value).findLast(([each]) => each.toLowerCase() === name.toLowerCase())?.[1];
};

/** Maps each value of a task's configuration; the rest is unchanged. */
export function changeValues<Secret, Body, Type extends TaskType = TaskType>(
  task: TaskOf<object, Type>,
  change: (each: TaskValue) => Secret | Body,
): Task<Secret, Body, Type>;
export function changeValues({ taskType, taskConfig }: AnyTask, change: (each: TaskValue) => unknown): object {
  const changed: Record<string, unknown> = { ...taskConfig };
  for (const { field, path } of kindOf({ taskType }).fields) {
    const value = valueAt(changed, path);
    if (value === undefined) continue;
    const now =
      field.holds === 'texts'
        ? Object.fromEntries(textsOf(value).map(([name, each]) => [name, change({ field, path, name, value: each })]))
        : change({ field, path, value });
    const [first = '', second] = path;
    if (second === undefined) changed[first] = now;
    else if (now !== value) changed[first] = { ...Object(changed[first]), [second]: now };
  }
  return changed;
}

/** Whether a value is sealed before it is recorded. */
export const isSecret = (
  { field, name = '' }: TaskValue,
  { names, confidential }: { readonly names: SensitiveNames; readonly confidential: boolean },
): boolean => {
  switch (field.sealed) {
    case 'always':
      return true;
    case 'byName':
      return names.header(name);
    case 'ifConfidential':
      return confidential;
    case 'never':
      return false;
  }
};

/** A URL that a task sends secrets to. */
export type SecretDestination = { readonly destination: Destination; readonly pointer: string; readonly url: string };

/**
 * Lists every URL that a task sends secrets to, by the fields of its kind that lead there. Bound secrets,
 * `allowedOrigins` and the values of a single run all use this list.
 */
export const secretDestinations = (task: AnyTask): readonly SecretDestination[] =>
  kindOf(task).fields.flatMap(({ field: { leadsTo: destination }, path }) => {
    const url = destination === undefined ? undefined : valueAt(task.taskConfig, path);
    return destination === undefined || typeof url !== 'string' ? [] : [{ destination, pointer: pointerOf(path), url }];
  });

/** The first destination of a task's secrets with an origin that depends on a parameter; undefined if there is none. */
export const movableDestination = (task: AnyTask): SecretDestination | undefined =>
  secretDestinations(task).find(({ url }) => kindOf(task).originOf(url) === undefined);

/** The URLs that the value of a field is sent to. */
const urlsOf = ({ boundTo }: Field, task: AnyTask): readonly string[] =>
  boundTo.flatMap((destination) => {
    for (const { field, path } of kindOf(task).fields) {
      const url = field.leadsTo === destination ? valueAt(task.taskConfig, path) : undefined;
      if (typeof url === 'string') return url;
    }
    return [];
  });

/**
 * The origins that can receive the value of a field, as one text: a sealed value opens only for the same text. A URL with a
 * parameter in its origin is included whole, so that any other text counts as another origin.
 */
export const boundOriginsOf = (field: Field, task: AnyTask): string => {
  const found = bound.get(task.taskConfig) ?? new Map<Field['boundTo'], string>();
  bound.set(task.taskConfig, found);
  const known = found.get(field.boundTo);
  if (known !== undefined) return known;
  const origins = urlsOf(field, task).map((url) => kindOf(task).originOf(url) ?? url);
  const one = origins.length === 1 ? origins.join() : origins.map((each) => each.replaceAll(' ', '%20')).join(' for ');
  found.set(field.boundTo, one);
  return one;
};

/** Cached by configuration, because each call of a definition opens its secrets. */
const bound = new WeakMap<object, Map<Field['boundTo'], string>>();

/** The names of the secrets that a task uses, each with the fields that use it. */
export const secretsNamedIn = (task: AnyTask): ReadonlyMap<string, readonly Field[]> => {
  const found = new Map<string, Field[]>();
  for (const { field, value } of valuesOf(task)) {
    for (const name of secretsIn(value)) found.set(name, [...(found.get(name) ?? []), field]);
  }
  return found;
};

/** The URLs of a task that one of its secrets is sent to, by the fields that use the secret. */
export const destinationsOfSecret = (usedBy: readonly Field[], task: AnyTask): readonly string[] => [
  ...new Set(usedBy.flatMap((field) => urlsOf(field, task))),
];

/** Whether a task names a variable or a secret of its application. */
export const namesValues = (task: AnyTask): boolean =>
  kindOf(task).fields.some(({ path }) => namesValue(valueAt(task.taskConfig, path)));

/** Cached by configuration, because each call of a definition uses it. */
const withSecrets = new WeakMap<object, boolean>();

/** Returns whether opening or sealing a task requires the keys of its application. */
export const hasSecrets = (task: AnyTask): boolean => {
  let has = withSecrets.get(task.taskConfig);
  if (has === undefined) {
    has = valuesOf(task).some(
      ({ field, value }) => (field.holds !== 'json' && isSealed(value)) || secretsIn(value).length > 0,
    );
    withSecrets.set(task.taskConfig, has);
  }
  return has;
};

/**
 * Finds errors in the parameters of a task: up to 20, each with a JSON pointer into its configuration. Names are checked
 * only if `known` is given. Sealed values can't be read and are not checked.
 */
export const checkTemplates = (task: AnyTask, known?: KnownNames): readonly TemplateError[] =>
  templateErrors(
    kindOf(task).fields.map(({ path }) => ({ path, value: valueAt(task.taskConfig, path) })),
    known,
  );

export type ResolvedTask<Type extends TaskType = TaskType> = {
  readonly task: ClearTask<Type>;
  readonly resolvedParameters: ResolvedParameter[];
  readonly secretsUsed: string[];
};

/**
 * Fills in a task for one instant: its texts, and every string in its JSON except keys. Values are inserted into a URL
 * without escaping; the resulting URL is checked as a target before the call.
 * @throws ParameterRejected
 */
export const resolveTask = <Type extends TaskType>(
  task: TaskOf<ClearTask<Type>, Type>,
  context: ParameterContext,
): ResolvedTask<Type> => {
  const filled = nothingFilled();
  const resolved = changeValues<string, JsonValue, Type>(task, ({ field: { breaks }, name, value }) => {
    const now = fillValue(value, context, filled);
    if (breaks !== undefined && now !== value && breaks.by.test(String(now))) {
      throw new ParameterRejected(`${breaks.part} ${name}`, breaks.why);
    }
    return now;
  });
  return { task: resolved, resolvedParameters: [...filled.resolved.values()], secretsUsed: [...filled.secrets] };
};

/** The secrets that a resolved task sends, in clear: those of its fields and those filled in. */
export const secretsOf = (
  task: TaskOf<ClearTask>,
  { names, filledIn = [] }: { readonly names: SensitiveNames; readonly filledIn?: readonly string[] },
): string[] => {
  const texts = valuesOf(task).flatMap((each) =>
    typeof each.value === 'string' && isSecret(each, { names, confidential: false }) ? each.value : [],
  );
  const all = [...filledIn, ...texts, ...kindOf(task).secretForms(task.taskConfig, names)];
  return [...new Set(all)].filter((secret) => secret !== '');
};

/** Converts a stored task to the input that keeps all of it. Sealed values of a run's query are masked. */
export const toGivenTask = <Type extends TaskType>(task: TaskOf<RunTaskConfig<Type>, Type>): GivenTask<Type> =>
  withQueryOfRun(
    changeValues<string | KeepMark, JsonValue, Type>(task, ({ value }) => (isSealed(value) ? SEALED_SHOWN : value)),
  );

/** Masks each secret that is kept. */
export const maskKept = <Type extends TaskType>(task: TaskOf<GivenTask<Type>, Type>): ClearTask<Type> =>
  changeValues<string, JsonValue, Type>(task, ({ field, value }) =>
    field.holds === 'json' || typeof value === 'string' ? value : MASK,
  );
