import type { TaskConfig } from '../../domain/events/index.ts';
import type { KnownNames } from '../../domain/parameters/index.ts';
import type { TaskInput } from './job-input.ts';

type SealOptions = {
  /** The stored task that this one replaces. */
  readonly previous?: TaskConfig | undefined;
  /** Whether the body is sealed too. */
  readonly confidential: boolean;
};

/** Seals with one application's data key. */
export type SealTask = (task: TaskInput, options: SealOptions) => TaskConfig;

/** Checks (`check-task.ts`) and seals (by `src/secrets/`) a task before it is recorded. */
export type TaskEdge = {
  /**
   * Judges the target and every parameter.
   * @param owner whose task it is, and the names that its application has
   * @returns warnings about a task that is accepted
   * @throws Refusal TARGET_BLOCKED, BAD_PARAMETER, HEADER_REFUSED, SECRET_WOULD_LEAVE
   */
  check(task: TaskInput, owner: { readonly tenant: string; readonly known: KnownNames }): Promise<readonly string[]>;
  /** Seals the secrets of a task, so that it may be recorded. */
  seal(
    task: TaskInput,
    options: SealOptions & { readonly tenant: string; readonly applicationId: number },
  ): Promise<TaskConfig>;
  /** Returns the sealing function of an application, whose data key is made if there is none. */
  sealOf(tenant: string, applicationId: number): Promise<SealTask>;
};
