import type { z } from 'zod';
import { HttpInput } from './http/kind.ts';
import { HTTP_TASK } from './http/stored.ts';
import type { TaskType } from './stored.ts';
import { WorkerInput } from './worker/given.ts';
import { WORKER_TASK } from './worker/stored.ts';

/** The configuration of a task, as callers send it. */
export const GIVEN_TASKS = {
  [HTTP_TASK]: { taskConfig: HttpInput },
  [WORKER_TASK]: { taskConfig: WorkerInput },
} satisfies Record<TaskType, z.core.$ZodLooseShape>;

export type TaskInput = z.infer<(typeof GIVEN_TASKS)[TaskType]['taskConfig']>;
