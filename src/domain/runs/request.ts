import type { RunEvent, Trigger } from '../events/index.ts';
import { toInstant } from '../values.ts';
import { cancelled, executionOf } from './outcome.ts';
import type { JobRef } from './range.ts';
import { closed, type Runs, tailOf } from './tail.ts';

type RequestInput = {
  readonly job: JobRef;
  readonly executionId: number;
  readonly trigger: Exclude<Trigger, 'schedule'>;
  readonly createdBy: string;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly nowMs: number;
};

/** Requests an execution outside the schedule. While another one is open, it is recorded and cancelled at once. */
export const requestExecution = (runs: Runs, input: RequestInput): RunEvent[] => {
  const now = toInstant(input.nowMs);
  const execution = {
    executionId: input.executionId,
    attempt: 0,
    state: 'pending' as const,
    trigger: input.trigger,
    scheduledAt: now,
    createdAt: now,
    createdBy: input.createdBy,
  };
  const after: Runs = { ...runs, open: [...runs.open, execution] };
  const requested: RunEvent = {
    type: 'ExecutionRequested',
    data: { ...executionOf(input.job, execution, input.labels), tail: tailOf(after) },
  };
  if (runs.open.length === 0) return [requested];
  return [
    requested,
    cancelled({
      job: input.job,
      runs: closed(after, input.executionId),
      execution,
      labels: input.labels,
      nowMs: input.nowMs,
      code: 'OVERLAP',
      message: `execution ${runs.open[0]?.executionId} of the same job is still open`,
    }),
  ];
};
