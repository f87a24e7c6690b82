import type { z } from 'zod';
import { HttpInput } from './http/given.ts';
import { HTTP_TASK } from './http/stored.ts';
import type { TaskType } from './stored.ts';

/** The configuration of a task, as callers send it. */
export const GIVEN_TASKS = { [HTTP_TASK]: { taskConfig: HttpInput } } satisfies Record<TaskType, z.core.$ZodLooseShape>;

/** For a change of a job, which can omit the kind. */
export const TaskInput = GIVEN_TASKS[HTTP_TASK].taskConfig;
export type TaskInput = z.infer<typeof TaskInput>;
