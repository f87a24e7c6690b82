import type { KnownNames } from '../../domain/parameters/index.ts';
import type { TaskInput } from './job-input.ts';

export type JudgedTarget = {
  readonly allowed: boolean;
  /** Why the target is refused, or a warning if it is allowed. */
  readonly reason?: string;
};

/** Checks of a previewed task: `check-task.ts`. */
export type PreviewEdge = {
  /** @throws Refusal BAD_PARAMETER */
  checkParameters(task: TaskInput, known: KnownNames): void;
  /** Judges the target of a task whose parameters are filled in. */
  judge(target: Pick<TaskInput, 'endpoint' | 'path' | 'url'>, tenant: string): Promise<JudgedTarget>;
};
