import { rejectField } from '../domain/domain-error.ts';
import type { JobDefinition } from '../domain/events/index.ts';
import { withStoredBody } from '../domain/omitted.ts';
import type { SensitiveNames } from '../domain/redaction/mask.ts';
import { QUERY_OF_RUN } from '../domain/tasks/http/kind.ts';
import { type ClearTask, type RunTaskConfig, type Task, type TaskOf, withQueryOfRun } from '../domain/tasks/kinds.ts';
import type { TaskConfig, TaskType } from '../domain/tasks/stored.ts';
import {
  boundOriginsOf,
  changeValues,
  type GivenTask,
  isKeepMark,
  isSecret,
  pointerIn,
  type TaskValue,
  valueLike,
  valuesOf,
} from '../domain/tasks/walk.ts';
import {
  type ApplicationId,
  isSealed,
  Json,
  type JsonValue,
  type MaybeSealed,
  type Sealed,
  type Tenant,
} from '../domain/values.ts';
import { type ApplicationKeys, NO_KEYS, type SecretUse } from './application-keys.ts';
import type { Sealer } from './sealer.ts';

type SealOptions = {
  /** The stored task that the given one replaces. */
  readonly previous?: TaskOf | undefined;
  /** If true, the body is sealed too. */
  readonly confidential?: boolean | undefined;
};

/** What the value of a field is sealed for: the origins that the task sends it to. */
const useOf = ({ field }: TaskValue, task: TaskOf<object>): SecretUse & { readonly kind: 'task' } => ({
  kind: 'task',
  origin: boundOriginsOf(field, task),
});

/**
 * Seals the secrets of a task before it is recorded: auth values, sensitive headers and a confidential body. A value
 * equal to the stored one keeps its stored ciphertext, so that sending the same task again changes nothing. If the task
 * is of another kind or calls another origin than before, no stored secret is kept.
 * @throws DomainError SECRET_NOT_REUSABLE if `{sealed: true}` is given and there is no stored secret to keep
 */
export const sealTask = <Type extends TaskType>(
  task: TaskOf<GivenTask<Type>, Type>,
  { previous: before, confidential }: SealOptions,
  { keys, names }: { readonly keys: ApplicationKeys; readonly names: SensitiveNames },
): Task<MaybeSealed, Sealed | JsonValue, Type> => {
  const previous = before?.taskType === task.taskType ? before : undefined;
  return changeValues<MaybeSealed, Sealed | JsonValue, Type>(task, (each) => {
    if (!isSealable(each, names, confidential)) return each.value;
    const { field, path, value } = each;
    const pointer = `/taskConfig${pointerIn(each)}`;
    if (field.sealed === 'ifConfidential' && !confidential) {
      const why = `only a confidential job keeps a sealed ${path.join()}: give the ${path.join()} itself`;
      throw rejectField('SECRET_NOT_REUSABLE', pointer, why);
    }
    const given = isKeepMark(value) ? undefined : field.holds === 'json' ? JSON.stringify(value) : String(value);
    return sealValue(given, {
      pointer,
      stored: previous && valueLike(previous, each),
      use: useOf(each, task),
      sealedFor: previous && useOf(each, previous).origin,
      keys,
    });
  });
};

/** Returns whether a task has values to seal or keep, so that keys are needed. */
export const needsSealing = (task: TaskOf<GivenTask>, names: SensitiveNames, confidential?: boolean): boolean =>
  valuesOf(task).some((each) => isSealable(each, names, confidential));

const isSealable = (each: TaskValue, names: SensitiveNames, confidential = false): boolean =>
  isSecret(each, { confidential, names }) || (each.field.sealed !== 'never' && isKeepMark(each.value));

type SealedField = {
  readonly pointer: string;
  readonly stored: JsonValue | undefined;
  readonly use: SecretUse & { readonly kind: 'task' };
  /** The origins that the stored value was sealed for. */
  readonly sealedFor: string | undefined;
  readonly keys: ApplicationKeys;
};

/** @param given `undefined` keeps the stored value */
const sealValue = (given: string | undefined, { pointer, stored, use, sealedFor, keys }: SealedField): Sealed => {
  const current = isSealed(stored) && stored.$sealed.generation === keys.generation ? stored : undefined;
  const readable = sealedFor === use.origin ? current : undefined;
  if (given !== undefined) {
    return readable?.$sealed.fingerprint === keys.fingerprint(given, use) ? readable : keys.seal(given, use);
  }
  if (readable !== undefined) return readable;
  const why = keepRejection(stored, current && sealedFor);
  throw rejectField('SECRET_NOT_REUSABLE', pointer, `${why}: send the value itself`);
};

const keepRejection = (stored: JsonValue | undefined, sealedFor: string | undefined): string => {
  if (!isSealed(stored)) return 'no secret is stored';
  return sealedFor === undefined
    ? 'the stored secret was erased'
    : `the stored secret was set for ${sealedFor} and cannot be sent elsewhere`;
};

export type OpenedTask<Type extends TaskType = TaskType> = {
  readonly task: ClearTask<Type>;
  /** The clear text of the sealed headers and auth values, for redaction. */
  readonly secrets: readonly string[];
};

/**
 * Opens the secrets of a task for its call. JSON is opened only for a confidential job: any other JSON is the user's own,
 * even if it resembles a sealed value.
 * @throws SecretErased, SecretKeyMissing, SecretBroken
 */
export const openTask = <Type extends TaskType>(
  {
    confidential = false,
    ...task
  }: TaskOf<RunTaskConfig<Type>, Type> & { readonly confidential?: boolean | undefined },
  keys: ApplicationKeys,
): OpenedTask<Type> => {
  const secrets: string[] = [];
  const clear = changeValues<string, JsonValue, Type>(task, (each) => {
    const { field, value } = each;
    if (!isSealed(value) || (field.holds === 'json' && !confidential)) return value;
    const text = keys.unseal(value, useOf(each, task));
    if (field.holds === 'json') return Json.parse(JSON.parse(text));
    secrets.push(text);
    return text;
  });
  return { task: withQueryOfRun(clear), secrets };
};

/** Creates the sealing of tasks for commands. An application's keys are created when a secret first needs them. */
export const createTaskSealing = ({ sealer, names }: { readonly sealer: Sealer; readonly names: SensitiveNames }) => {
  const openOr = <T, Type extends TaskType>(
    { taskType, ...given }: TaskOf<GivenTask<Type>, Type>,
    options: SealOptions,
    seal: (task: TaskOf<GivenTask<Type>, Type>) => T,
  ): Task<MaybeSealed, Sealed | JsonValue, Type> | T => {
    const task = { taskType, taskConfig: withStoredBody({ taskType, ...given }, options.previous) };
    return needsSealing(task, names, options.confidential)
      ? seal(task)
      : sealTask(task, options, { names, keys: NO_KEYS });
  };
  return {
    seal: async <Type extends TaskType>(
      given: TaskOf<GivenTask<Type>, Type>,
      {
        tenant,
        applicationId,
        ...options
      }: SealOptions & { readonly tenant: Tenant; readonly applicationId: ApplicationId },
    ): Promise<Task<MaybeSealed, Sealed | JsonValue, Type>> =>
      openOr(given, options, async (task) =>
        sealTask(task, options, { names, keys: await sealer.freshKeysOf(tenant, applicationId) }),
      ),
    /** Seals the values of a run's query parameters that have a sensitive name, for the target of the job. */
    sealQuery: async (
      query: Readonly<Record<string, string>>,
      { tenant, applicationId, ...job }: JobDefinition,
    ): Promise<Record<string, MaybeSealed>> => {
      if (!Object.keys(query).some(names.parameter)) return query;
      const keys = await sealer.freshKeysOf(tenant, applicationId);
      const use: SecretUse = { kind: 'task', origin: boundOriginsOf(QUERY_OF_RUN, job) };
      return Object.fromEntries(
        Object.entries(query).map(([name, value]) => [name, names.parameter(name) ? keys.seal(value, use) : value]),
      );
    },
    /** Returns what seals several tasks of an application. Keys that cannot be had are no fault of a task without secrets. */
    sealOf: async (tenant: Tenant, applicationId: ApplicationId) => {
      const keys = await orError(sealer.freshKeysOf(tenant, applicationId));
      return (given: TaskOf<GivenTask>, options: SealOptions): TaskConfig =>
        openOr(given, options, (task) => {
          if (keys instanceof Error) throw keys;
          return sealTask(task, options, { names, keys });
        });
    },
  };
};

/** Returns an error as a value, so that it is thrown only if a secret must be sealed. */
const orError = async <T>(value: Promise<T>): Promise<T | Error> => {
  try {
    return await value;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
};
