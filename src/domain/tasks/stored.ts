import { z } from 'zod';
import { HTTP_TASK, HttpConfig, HttpResult, HttpSnapshot } from './http/stored.ts';

export const TaskType = z.literal([HTTP_TASK]);
export type TaskType = z.infer<typeof TaskType>;

/** The fields that objects of each kind of task have beside those that all have. */
type FieldsOfKinds<Http extends z.core.$ZodLooseShape> = { readonly [HTTP_TASK]: Http };

/**
 * The schema of an object that is of some kind of task: `taskType` says of which, and so which fields it has beside those
 * of `base`. Where it names no kind, all else is checked all the same.
 * @param id names the schema in descriptions of the API; absent where it is in none
 */
export const ofAnyKind = <
  Shape extends z.core.$ZodLooseShape,
  Config extends z.core.$ZodObjectConfig,
  Http extends z.core.$ZodLooseShape,
>(
  base: z.ZodObject<Shape, Config>,
  fields: FieldsOfKinds<Http>,
  id?: string,
) => {
  const http = base.extend({ taskType: z.literal(HTTP_TASK), ...fields[HTTP_TASK] });
  if (id === undefined) return z.discriminatedUnion('taskType', [http], { unionFallback: true });
  return z.discriminatedUnion('taskType', [http.meta({ id: `Http${id}` })], { unionFallback: true }).meta({ id });
};

/** The configuration of a task, as the log has it. */
export const STORED_TASKS = { [HTTP_TASK]: { taskConfig: HttpConfig } };
export type TaskConfig = z.infer<(typeof STORED_TASKS)[TaskType]['taskConfig']>;

/** What a snapshot shows of a call. */
export const STORED_SNAPSHOTS = { [HTTP_TASK]: HttpSnapshot.shape };

/** What came of a call. */
export const STORED_RESULTS = { [HTTP_TASK]: HttpResult.shape };
