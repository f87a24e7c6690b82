import type { JobDefinition, WorkerJobSnapshot } from '../../events/index.ts';
import type { ResolvedParameter } from '../../parameters/index.ts';
import { SEALED_SHOWN, shapeOf } from '../../redaction/mask.ts';
import { type Redaction, workerSnapshotWithinSize } from '../../redaction/redact.ts';
import type { JsonValue } from '../../values.ts';
import { type Field, fieldsOf, type TaskKind } from '../kind.ts';
import { queueTarget, WORKER_TASK, type WorkerRunTask, type WorkerTask } from './stored.ts';

/** What the log shows of offered work: the shape of the input, up to a maximum size; nothing of it for a confidential job. */
export const workSnapshot = (offered: {
  readonly job: Pick<JobDefinition, 'name' | 'pattern' | 'schedule' | 'timezone' | 'confidential'>;
  readonly task: ClearWorkerTask;
  readonly resolvedParameters: readonly ResolvedParameter[];
  readonly strike: Redaction;
}): WorkerJobSnapshot => {
  const { job, task, resolvedParameters, strike } = offered;
  const { name, pattern, schedule, timezone, confidential } = job;
  return workerSnapshotWithinSize({
    name,
    ...(pattern === undefined ? {} : { pattern }),
    ...(schedule === undefined ? {} : { schedule }),
    timezone,
    taskType: WORKER_TASK,
    queue: task.queue,
    task: task.task,
    ...(task.input === undefined ? {} : { input: confidential ? SEALED_SHOWN : strike.value(shapeOf(task.input)) }),
    resolvedParameters: resolvedParameters.map(({ expression, value, at }) => ({
      expression,
      value: strike.text(value),
      at,
    })),
  });
};

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
