import { rejectField } from './domain-error.ts';
import type { TaskOf } from './tasks/kinds.ts';
import type { TaskConfig } from './tasks/stored.ts';
import { changeValues, type GivenTask, type KeepMark, pointerIn, valueLike, valuesOf } from './tasks/walk.ts';
import { isSealed, type JsonValue, type MaybeSealed, type Sealed } from './values.ts';

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
 * Puts the stored JSON into a task that has the mark of a list in its place.
 * @throws DomainError BODY_NOT_STORED if none is stored
 */
export const withStoredBody = (task: TaskOf<GivenTask>, stored: TaskOf | undefined): GivenTask =>
  valuesOf(task).some(({ value }) => isOmitted(value))
    ? changeValues<string | KeepMark, JsonValue>(task, (each) => {
        if (!isOmitted(each.value)) return each.value;
        const value = stored?.taskType === task.taskType ? valueLike(stored, each) : undefined;
        if (value !== undefined) return isSealed(value) ? { sealed: true } : value;
        throw rejectField(
          'BODY_NOT_STORED',
          `/taskConfig${pointerIn(each)}`,
          'no body is stored to be kept: send the body itself (lists contain it with ?include=body)',
        );
      })
    : task.taskConfig;

/** A task as a list shows it: without JSON above 4 KiB. */
export const listedTask = (task: TaskOf): TaskConfig =>
  changeValues<MaybeSealed, Sealed | JsonValue>(task, ({ field, value }) =>
    field.holds === 'json' && !isSealed(value) ? omittedWhereLarge(value) : value,
  );
