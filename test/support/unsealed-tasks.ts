import type { TaskPorts } from '../../src/commands/job/check-task.ts';
import type { Task, TaskOf } from '../../src/domain/tasks/kinds.ts';
import type { TaskType } from '../../src/domain/tasks/stored.ts';
import { changeValues } from '../../src/domain/tasks/walk.ts';
import type { JsonValue, MaybeSealed, Sealed } from '../../src/domain/values.ts';

const unsealed = <Type extends TaskType>(task: TaskOf<object, Type>): Task<MaybeSealed, Sealed | JsonValue, Type> =>
  changeValues<MaybeSealed, Sealed | JsonValue, Type>(task, ({ value }) => value);

/** Checks and seals nothing of a task. */
export const UNSEALED_TASKS: TaskPorts = {
  check: async () => [],
  checkHook: async () => [],
  checkParameters: () => {},
  judge: async () => ({ allowed: true }),
  seal: async (task) => unsealed(task),
  sealQuery: async (query) => query,
  sealOf: async () => unsealed,
};
