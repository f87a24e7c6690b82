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
import { boundOrigin, staticOrigin } from '../targets/index.ts';
import { isSealed, type JsonValue } from '../values.ts';
import type { Destination, Field } from './kind.ts';
import { type ClearTask, kindOf, type RunTaskConfig, type Task, type TaskOf } from './kinds.ts';

/** Sent in place of a secret to keep the stored one. */
export type KeepMark = { readonly sealed: true };
export const isKeepMark = (value: unknown): value is KeepMark =>
  typeof value === 'object' &&
  value !== null &&
  'sealed' in value &&
  value.sealed === true &&
  Object.keys(value).length === 1;

/** A configuration as callers send it. */
export type GivenTask = Task<string | KeepMark, JsonValue>;

type AnyTask = TaskOf<object>;

/** One value of a task: that of a field, or one of the texts of a field that holds several by name. */
export type TaskValue = {
  readonly field: Field;
  /** Of the field. */
  readonly path: readonly string[];
  /** Of one of several texts. */
  readonly name?: string;
  readonly value: JsonValue;
};

/** The JSON pointer of a value within the configuration. */
export const pointerIn = ({ path, name }: TaskValue): string => pointerOf(name === undefined ? path : [...path, name]);

/** The value of a field, which is in the configuration or in an object of it. */
const valueAt = (task: object, [first = '', second]: readonly string[]): JsonValue | undefined => {
  const value = Object(task)[first];
  return second === undefined || value === undefined ? value : Object(value)[second];
};

/** The values of a task that parameters are filled into or that can be secret, in the order of its kind's fields. */
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

/** The value of another task in the place of one; the case of names doesn't matter. */
export const valueLike = ({ taskConfig }: AnyTask, { path, name }: TaskValue): JsonValue | undefined => {
  const value = valueAt(taskConfig, path);
  if (name === undefined) return value;
  return textsOf(value).findLast(([each]) => each.toLowerCase() === name.toLowerCase())?.[1];
};

/** The configuration of a task with each of its values changed, and the rest as it is. */
export function changeValues<Secret, Body>(
  task: AnyTask,
  change: (each: TaskValue) => Secret | Body,
): Task<Secret, Body>;
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
  secretDestinations(task).find(({ url }) => staticOrigin({ url }) === undefined);

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
 * The origins that the value of a field may be sent to, as one text: a sealed value opens for the same text only. Of a
 * URL whose origin depends on a parameter it has the whole, so that each other text counts as another origin.
 */
export const boundOriginsOf = (field: Field, task: AnyTask): string => {
  const found = bound.get(task.taskConfig) ?? new Map<Field['boundTo'], string>();
  bound.set(task.taskConfig, found);
  const known = found.get(field.boundTo);
  if (known !== undefined) return known;
  const origins = urlsOf(field, task).map((url) => boundOrigin({ url }));
  const one = origins.length === 1 ? origins.join() : origins.map((each) => each.replaceAll(' ', '%20')).join(' for ');
  found.set(field.boundTo, one);
  return one;
};

/** By configuration: each call of a definition opens its secrets. */
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

/** By configuration: each call of a definition asks. */
const withSecrets = new WeakMap<object, boolean>();

/** Whether opening or sealing a task takes the keys of its application. */
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
 * Finds what is wrong with the parameters of a task: at most twenty errors, each with a JSON pointer into its
 * configuration. Names are checked only if `known` is given. Sealed values are not checked, since they cannot be read.
 */
export const checkTemplates = (task: AnyTask, known?: KnownNames): readonly TemplateError[] =>
  templateErrors(
    kindOf(task).fields.map(({ path }) => ({ path, value: valueAt(task.taskConfig, path) })),
    known,
  );

export type ResolvedTask = {
  readonly task: ClearTask;
  readonly resolvedParameters: ResolvedParameter[];
  /** The clear values of the secrets that were filled in. */
  readonly secretsUsed: string[];
};

/**
 * Fills in a task for one instant: its texts, and every string in its JSON but the keys. Values are put into a URL without
 * escaping. The URL that results is judged as a target before the call.
 * @throws ParameterRejected
 */
export const resolveTask = (task: TaskOf<ClearTask>, context: ParameterContext): ResolvedTask => {
  const filled = nothingFilled();
  const resolved = changeValues<string, JsonValue>(task, ({ field: { breaks }, name, value }) => {
    const now = fillValue(value, context, filled);
    if (breaks !== undefined && now !== value && breaks.by.test(String(now))) {
      throw new ParameterRejected(`${breaks.part} ${name}`, breaks.why);
    }
    return now;
  });
  return { task: resolved, resolvedParameters: [...filled.resolved.values()], secretsUsed: [...filled.secrets] };
};

/** The secrets that a resolved task sends, in clear text: those of its fields, and those that were filled in. */
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
export const toGivenTask = (task: TaskOf<RunTaskConfig>): GivenTask =>
  kindOf(task).withQueryOfRun(
    changeValues<string | KeepMark, JsonValue>(task, ({ value }) => (isSealed(value) ? SEALED_SHOWN : value)),
  );

/** A given task with a mask in the place of each secret that is kept. */
export const maskKept = (task: TaskOf<GivenTask>): ClearTask =>
  changeValues<string, JsonValue>(task, ({ field, value }) =>
    field.holds === 'json' || typeof value === 'string' ? value : MASK,
  );
