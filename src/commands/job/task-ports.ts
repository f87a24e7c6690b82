import type { Hook, JobDefinition } from '../../domain/events/index.ts';
import type { HookName } from '../../domain/execution/hook.ts';
import type { KnownNames } from '../../domain/parameters/index.ts';
import type { TaskInput } from '../../domain/tasks/given.ts';
import type { TaskOf } from '../../domain/tasks/kinds.ts';
import type { TaskConfig } from '../../domain/tasks/stored.ts';
import type { MaybeSealed } from '../../domain/values.ts';

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

/** Checks a task before it is recorded or previewed: `check-task.ts`. */
export type TaskChecks = {
  /**
   * Judges the target and every parameter.
   * @param owner whose task it is, and the names that its application has
   * @returns warnings about a task that is accepted
   * @throws DomainError TARGET_BLOCKED, BAD_PARAMETER, HEADER_REJECTED, SECRET_ORIGIN_NOT_ALLOWED
   */
  check(task: TaskOf<TaskInput>, owner: TaskOwner): Promise<readonly string[]>;
  /** The same of the call that a hook makes, whose headers may have no secret in clear. */
  checkHook(name: HookName, hook: Hook, owner: TaskOwner): Promise<readonly string[]>;
  /** @throws DomainError BAD_PARAMETER */
  checkParameters(task: TaskOf<TaskInput>, known: KnownNames): void;
  /** Judges the target of a task whose parameters are filled in. */
  judge(target: Pick<TaskInput, 'endpoint' | 'path' | 'url'>, tenant: string): Promise<JudgedTarget>;
};

/** Seals a task before it is recorded: `src/secrets/task-secrets.ts`. */
export type TaskSealing = {
  /** Seals the secrets of a task, so that it may be recorded. */
  seal(
    task: TaskOf<TaskInput>,
    options: SealOptions & { readonly tenant: string; readonly applicationId: number },
  ): Promise<TaskConfig>;
  /** Seals the values of a run's query parameters that have the name of a secret. */
  sealQuery(query: Readonly<Record<string, string>>, job: JobDefinition): Promise<Record<string, MaybeSealed>>;
  /** Returns the sealing function of an application, whose data key is made if there is none. */
  sealOf(tenant: string, applicationId: number): Promise<SealTask>;
};

export type TaskPorts = TaskChecks & TaskSealing;
