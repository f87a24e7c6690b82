import type { KnownNames } from '../../domain/parameters/index.ts';
import type { TaskInput } from './job-input.ts';

export type JudgedTarget = {
  readonly allowed: boolean;
  /** Why not, or what to know although it is. */
  readonly reason?: string;
};

/** What a preview asks of a task; built in compose from targets and parameters. */
export type PreviewEdge = {
  /** @throws Refusal BAD_PARAMETER */
  checkParameters(task: TaskInput, known: KnownNames): void;
  /** Judges where a task would call whose parameters are filled in. */
  judge(target: Pick<TaskInput, 'endpoint' | 'path' | 'url'>, tenant: string): Promise<JudgedTarget>;
};
