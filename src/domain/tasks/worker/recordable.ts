import type { JobDefinition, WorkerJobSnapshot } from '../../events/index.ts';
import type { ResolvedParameter } from '../../parameters/index.ts';
import { SEALED_SHOWN, shapeOf } from '../../redaction/mask.ts';
import { workerSnapshotWithinSize } from '../../redaction/recorded-size.ts';
import type { Redaction } from '../../redaction/redact.ts';
import type { ClearWorkerTask } from './kind.ts';
import { WORKER_TASK } from './stored.ts';

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
