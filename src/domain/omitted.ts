import { rejectField } from './domain-error.ts';
import type { TaskConfig } from './tasks/stored.ts';
import { isSealed } from './values.ts';

/** Shown in place of a body that a list leaves out. A caller that sends it back keeps the stored body. */
export type Omitted = {
  readonly omitted: true;
  /** Size of the body as JSON. */
  readonly bytes: number;
};

const MAX_LISTED_BYTES = 4 * 1_024;

/** A body as a list shows it: whole up to 4 KiB, else only its size. */
export const omittedWhereLarge = <Body>(body: Body): Body | Omitted => {
  const bytes = Buffer.byteLength(JSON.stringify(body));
  return bytes <= MAX_LISTED_BYTES ? body : { omitted: true, bytes };
};

export const isOmitted = (body: unknown): body is Omitted =>
  typeof body === 'object' &&
  body !== null &&
  Object.keys(body).length === 2 &&
  'omitted' in body &&
  body.omitted === true &&
  'bytes' in body &&
  typeof body.bytes === 'number';

/**
 * Puts the stored body into a task whose body is the mark of a list that left it out.
 * @throws Rejection BODY_KEEP_REJECTED if no body is stored
 */
export const withStoredBody = <Task extends { readonly body?: unknown }>(
  task: Task,
  stored: TaskConfig | undefined,
): Task => {
  if (!isOmitted(task.body)) return task;
  const body = stored?.body;
  if (body !== undefined) return { ...task, body: isSealed(body) ? { sealed: true } : body };
  throw rejectField(
    'BODY_KEEP_REJECTED',
    '/taskConfig/body',
    'no body is stored here to be kept: give the body itself (a list shows it whole with ?include=body)',
  );
};
