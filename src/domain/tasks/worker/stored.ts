import { z } from 'zod';
import { type ApplicationId, Json, type JsonValue, Sealed, type Tenant } from '../../values.ts';

export const WORKER_TASK = 'WorkerTask' as const;

/** The work of a task: a function of a program, which takes work from a queue of the job's application. */
export const WorkerConfig = z.object({
  queue: z.string(),
  /** The name of the function. */
  task: z.string(),
  /** Any JSON value; for a confidential job, its sealed JSON text. */
  input: z.union([Sealed, Json]).optional(),
});
export type WorkerConfig = z.infer<typeof WorkerConfig>;

/** A configuration, generic in the form of its input. */
export type WorkerTask<Input> = Omit<WorkerConfig, 'input'> & { readonly input?: Input | undefined };
/** The configuration with a run's input applied. */
export type WorkerRunTask = WorkerTask<Sealed | JsonValue>;

/** The same as JSON Schema can express it, with this schema of the input. */
export const workerConfigWith = <Input extends z.ZodType>(input: Input) =>
  WorkerConfig.extend({ input: input.optional() });

/** The work that was offered, without secrets: the values of the input are masked, its shape is kept. */
export const WorkerSnapshot = z.object({
  queue: z.string(),
  task: z.string(),
  input: Json.optional(),
  /** Number of parameters omitted because of their size. */
  omitted: z.object({ resolvedParameters: z.int() }).optional(),
});

export const WorkerResult = z.object({
  /** What the worker reported; null without a result. For a confidential job, its sealed JSON text. */
  data: z.union([Sealed, Json]),
});
export type WorkerResult = z.infer<typeof WorkerResult>;

/** A queue of an application. */
export type QueueRef = { readonly tenant: Tenant; readonly applicationId: ApplicationId; readonly queue: string };

/** The name by which pauses and filters refer to a queue. */
export const queueTarget = (applicationId: number, queue: string): string => `queue:${applicationId}/${queue}`;
