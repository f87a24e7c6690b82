import { z } from 'zod';
import { HTTP_TASK, HttpConfig, HttpResult, HttpSnapshot } from './http/stored.ts';
import { WORKER_TASK, WorkerConfig, WorkerResult, WorkerSnapshot } from './worker/stored.ts';

export const TaskType = z.literal([HTTP_TASK, WORKER_TASK]);
export type TaskType = z.infer<typeof TaskType>;

/** The fields specific to each kind of task. */
type FieldsOfKinds<Http extends z.core.$ZodLooseShape, Worker extends z.core.$ZodLooseShape> = {
  readonly [HTTP_TASK]: Http;
  readonly [WORKER_TASK]: Worker;
};

/**
 * The schema of an object with a task: `taskType` selects the fields beside those of `base`.
 * @param id name of the schema in API descriptions; absent if it is in none. With a name, all other fields are still
 * validated if the kind is unknown
 */
export const ofAnyKind = <
  Shape extends z.core.$ZodLooseShape,
  Config extends z.core.$ZodObjectConfig,
  Http extends z.core.$ZodLooseShape,
  Worker extends z.core.$ZodLooseShape,
>(
  base: z.ZodObject<Shape, Config>,
  fields: FieldsOfKinds<Http, Worker>,
  id?: string,
) => {
  const http = base.extend({ taskType: z.literal(HTTP_TASK), ...fields[HTTP_TASK] });
  const worker = base.extend({ taskType: z.literal(WORKER_TASK), ...fields[WORKER_TASK] });
  if (id === undefined) return z.discriminatedUnion('taskType', [http, worker]);
  return z
    .discriminatedUnion('taskType', [http.meta({ id: `Http${id}` }), worker.meta({ id: `Worker${id}` })], {
      unionFallback: true,
    })
    .meta({ id });
};

/** The configuration of a task, as the log has it. */
export const STORED_TASKS = { [HTTP_TASK]: { taskConfig: HttpConfig }, [WORKER_TASK]: { taskConfig: WorkerConfig } };
export type TaskConfig = z.infer<(typeof STORED_TASKS)[TaskType]['taskConfig']>;

export const STORED_SNAPSHOTS = { [HTTP_TASK]: HttpSnapshot.shape, [WORKER_TASK]: WorkerSnapshot.shape };

export const STORED_RESULTS = { [HTTP_TASK]: HttpResult.shape, [WORKER_TASK]: WorkerResult.shape };
