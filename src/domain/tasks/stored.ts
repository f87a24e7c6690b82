import { z } from 'zod';
import { HTTP_TASK, HttpConfig, HttpResult, HttpSnapshot } from './http/stored.ts';

export const TaskType = z.literal([HTTP_TASK]);
export type TaskType = z.infer<typeof TaskType>;

/** The fields specific to each kind of task. */
type FieldsOfKinds<Http extends z.core.$ZodLooseShape> = { readonly [HTTP_TASK]: Http };

/**
 * The schema of an object with a task: `taskType` selects the fields beside those of `base`. With an unknown kind, all other
 * fields are still validated.
 * @param id name of the schema in API descriptions; absent if it is in none
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

export const STORED_SNAPSHOTS = { [HTTP_TASK]: HttpSnapshot.shape };

export const STORED_RESULTS = { [HTTP_TASK]: HttpResult.shape };
