import { z } from 'zod';
import { JsonInput } from '../../values.ts';

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;
const NOT_A_NAME = 'must be letters, digits, ".", "_" or "-", beginning with a letter or digit';

export const QueueName = z.string().min(1).max(64).regex(NAME, NOT_A_NAME);
export const WorkerTaskName = z.string().min(1).max(128).regex(NAME, NOT_A_NAME);

/** The configuration of a worker task, as callers send it. */
export const WorkerInput = z
  .strictObject({ queue: QueueName, task: WorkerTaskName, input: JsonInput.optional() })
  .meta({ id: 'WorkerTaskInput' });
export type WorkerInput = z.infer<typeof WorkerInput>;
