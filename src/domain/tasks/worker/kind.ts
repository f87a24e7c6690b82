import type { JsonValue } from '../../values.ts';
import { type Field, fieldsOf, type TaskKind } from '../kind.ts';
import { queueTarget, WORKER_TASK, type WorkerRunTask, type WorkerTask } from './stored.ts';

/** A configuration with its secrets in clear; only the engine has one. */
export type ClearWorkerTask = WorkerTask<JsonValue>;

const plain = { holds: 'text', sealed: 'never', boundTo: ['target'] } as const satisfies Field;

const FIELDS = fieldsOf({
  '/queue': { ...plain, leadsTo: 'target' },
  '/task': plain,
  '/input': { ...plain, holds: 'json', sealed: 'ifConfidential' },
});

/** The fields shown in the one-line form of a task. */
type WorkerLine = Pick<WorkerRunTask, 'queue' | 'task'>;

export const workerKind = {
  type: WORKER_TASK,
  delivery: 'offered',
  fields: FIELDS,
  originOf: (queue) => `queue:${queue}`,
  target: ({ queue }, applicationId) => queueTarget(applicationId, queue),
  targetNames: ({ queue }, applicationId) => [queueTarget(applicationId, queue)],
  line: ({ queue, task }) => `${task} in ${queue}`,
  secretForms: () => [],
} satisfies TaskKind<WorkerRunTask, ClearWorkerTask, WorkerLine>;
