import type { Hook, JobDefinition } from '../../domain/events/index.ts';
import type { HookName } from '../../domain/execution/hook.ts';
import type { KnownNames } from '../../domain/parameters/index.ts';
import type { TaskInput } from '../../domain/tasks/given.ts';
import type { ClearTask, Task, TaskOf } from '../../domain/tasks/kinds.ts';
import type { TaskConfig, TaskType } from '../../domain/tasks/stored.ts';
import type { GivenTask } from '../../domain/tasks/walk.ts';
import type { JsonValue, MaybeSealed, Sealed } from '../../domain/values.ts';

type SealOptions = {
  /** The stored task that this one replaces. */
  readonly previous?: TaskOf | undefined;
  /** Whether the body is sealed too. */
  readonly confidential: boolean;
};

type TaskOwner = { readonly tenant: string; readonly known: KnownNames };

/** Seals with one application's data key. */
export type SealTask = (task: TaskOf<TaskInput>, options: SealOptions) => TaskConfig;

export type JudgedTarget = {
  readonly allowed: boolean;
  /** Why the target is rejected, or a warning if it is allowed. */
  readonly reason?: string;
};

/** Checks a task before it is recorded or previewed; implemented in `check-task.ts`. */
export type TaskChecks = {
  /**
   * Checks the target and every parameter.
   * @param owner owner of the task, and the names in its application
   * @returns warnings about an accepted task
   * @throws DomainError TARGET_BLOCKED, BAD_PARAMETER, HEADER_REJECTED, SECRET_ORIGIN_NOT_ALLOWED
   */
  check(task: TaskOf<TaskInput>, owner: TaskOwner): Promise<readonly string[]>;
  /** The same checks for a hook's call, whose headers must not contain secrets in clear. */
  checkHook(name: HookName, hook: Hook, owner: TaskOwner): Promise<readonly string[]>;
  /** @throws DomainError BAD_PARAMETER */
  checkParameters(task: TaskOf<TaskInput>, known: KnownNames): void;
  /** Checks the target of a task with its parameters filled in. */
  judge(task: ClearTask, tenant: string): Promise<JudgedTarget>;
};

/** Seals a task before it is recorded; implemented in `src/secrets/task-secrets.ts`. */
export type TaskSealing = {
  /** Seals the secrets of a task for recording. */
  seal<Type extends TaskType>(
    task: TaskOf<GivenTask<Type>, Type>,
    options: SealOptions & { readonly tenant: string; readonly applicationId: number },
  ): Promise<Task<MaybeSealed, Sealed | JsonValue, Type>>;
  /** Seals a run's query parameters with names of secrets. */
  sealQuery(query: Readonly<Record<string, string>>, job: JobDefinition): Promise<Record<string, MaybeSealed>>;
  /** Returns the sealing function of an application; creates its data key if there is none. */
  sealOf(tenant: string, applicationId: number): Promise<SealTask>;
};

export type TaskPorts = TaskChecks & TaskSealing;
