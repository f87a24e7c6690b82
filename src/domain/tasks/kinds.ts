import type { JsonValue, MaybeSealed, Sealed } from '../values.ts';
import { httpKind } from './http/kind.ts';
import { HTTP_TASK, type HttpTask } from './http/stored.ts';
import type { TaskKind } from './kind.ts';
import type { TaskConfig, TaskType } from './stored.ts';

/** The configuration of a task of some kind, with its secrets and its JSON in some form. */
export type Task<Secret, Body> = HttpTask<Secret, Body>;
/** The configuration with a run's input applied; its secrets are sealed. */
export type RunTaskConfig = Task<MaybeSealed, Sealed | JsonValue>;
/** With its secrets in clear; only the engine has one. */
export type ClearTask = Task<string, JsonValue>;

const KINDS = { [HTTP_TASK]: httpKind } satisfies Record<TaskType, TaskKind<RunTaskConfig, ClearTask, RunTaskConfig>>;

/** A task of some kind, as a job has it. */
export type TaskOf<Config = TaskConfig> = { readonly taskType: TaskType; readonly taskConfig: Config };

export const kindOf = ({ taskType }: Pick<TaskOf, 'taskType'>): (typeof KINDS)[TaskType] => KINDS[taskType];

/** The target by which pauses and capacity limits find a task; `undefined` if it is known only at the call. */
export const targetOf = (task: TaskOf): string | undefined => kindOf(task).target(task.taskConfig);

/** The names by which a pause or filter can refer to a task's target. */
export const targetNamesOf = (task: TaskOf): readonly string[] => kindOf(task).targetNames(task.taskConfig);
