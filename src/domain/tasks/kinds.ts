import type { ApplicationId, JsonValue, MaybeSealed, Sealed } from '../values.ts';
import { httpKind } from './http/kind.ts';
import { withQueryOfRun as withQueryOfHttpRun } from './http/run-input.ts';
import { HTTP_TASK, type HttpTask } from './http/stored.ts';
import type { TaskDelivery, TaskKind } from './kind.ts';
import type { TaskConfig, TaskType } from './stored.ts';
import { workerKind } from './worker/kind.ts';
import { WORKER_TASK, type WorkerTask } from './worker/stored.ts';

type Tasks<Secret, Body> = { [HTTP_TASK]: HttpTask<Secret, Body>; [WORKER_TASK]: WorkerTask<Body> };
/** The configuration of a task of some kind, with its secrets and its JSON in some form. */
export type Task<Secret, Body, Type extends TaskType = TaskType> = Tasks<Secret, Body>[Type];
/** The configuration with a run's input applied; its secrets are sealed. */
export type RunTaskConfig<Type extends TaskType = TaskType> = Task<MaybeSealed, Sealed | JsonValue, Type>;
/** With its secrets in clear; only the engine has one. */
export type ClearTask<Type extends TaskType = TaskType> = Task<string, JsonValue, Type>;

const KINDS = { [HTTP_TASK]: httpKind, [WORKER_TASK]: workerKind };

/** A task of some kind, as a job has it. */
export type TaskOf<Config = TaskConfig, Type extends TaskType = TaskType> = {
  readonly taskType: Type;
  readonly taskConfig: Config;
};

type AnyKind = TaskKind<RunTaskConfig, ClearTask, RunTaskConfig>;

/** Each kind gets configurations of its own type only, as `taskType` selects both. */
export const kindOf = ({ taskType }: Pick<TaskOf, 'taskType'>): AnyKind => KINDS[taskType];

export const deliveryOf = (taskType: TaskType): TaskDelivery => KINDS[taskType].delivery;

/** The kind of a configuration. */
export const isWorkerTask = <Secret, Body>(task: Task<Secret, Body>): task is WorkerTask<Body> => 'queue' in task;

type OwnedTask = TaskOf & { readonly applicationId: ApplicationId };

/** The target by which pauses and capacity limits find a task; `undefined` if it is known only at the call. */
export const targetOf = (task: OwnedTask): string | undefined =>
  kindOf(task).target(task.taskConfig, task.applicationId);

/** The names by which a pause or filter can refer to a task's target. */
export const targetNamesOf = (task: OwnedTask): readonly string[] =>
  kindOf(task).targetNames(task.taskConfig, task.applicationId);

/** Moves the query of a run, which only an HTTP task has, into the task. */
export function withQueryOfRun<Secret, Body, Type extends TaskType>(
  task: Task<Secret, Body, Type>,
): Task<Secret, Body, Type>;
export function withQueryOfRun<Secret, Body>(task: Task<Secret, Body>): Task<Secret, Body> {
  return 'sealedQuery' in task ? withQueryOfHttpRun(task) : task;
}
