import { rejectField } from './domain-error.ts';
import type { Task, TaskOf } from './tasks/kinds.ts';
import type { TaskType } from './tasks/stored.ts';
import { changeValues, type GivenTask, type KeepMark, pointerIn, valueLike, valuesOf } from './tasks/walk.ts';
import { isSealed, type JsonValue, type MaybeSealed, type Sealed } from './values.ts';

/** Replaces a large body in lists. A caller that sends it back keeps the stored body. */
export type Omitted = {
  readonly omitted: true;
  readonly bytes: number;
};

const MAX_LISTED_BYTES = 4 * 1_024;

/** A body in a list: whole up to 4 KiB, otherwise only its size. */
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
 * Replaces a list's `Omitted` mark in a task by the stored JSON.
 * @throws DomainError BODY_NOT_STORED if none is stored
 */
export const withStoredBody = <Type extends TaskType>(
  task: TaskOf<GivenTask<Type>, Type>,
  stored: TaskOf | undefined,
): GivenTask<Type> =>
  valuesOf(task).some(({ value }) => isOmitted(value))
    ? changeValues<string | KeepMark, JsonValue, Type>(task, (each) => {
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

export const listedTask = <Type extends TaskType>(
  task: TaskOf<object, Type>,
): Task<MaybeSealed, Sealed | JsonValue, Type> =>
  changeValues<MaybeSealed, Sealed | JsonValue, Type>(task, ({ field, value }) =>
    field.holds === 'json' && !isSealed(value) ? omittedWhereLarge(value) : value,
  );
