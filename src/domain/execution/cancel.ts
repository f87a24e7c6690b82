import type { CancelReason, EventOf, OpenExecution, RunEvent } from '../events/index.ts';
import { toInstant } from '../values.ts';
import { isTaken } from './offer.ts';
import { cancelled } from './outcome.ts';
import { executionOf, type JobRef } from './range.ts';
import { MAX_WITHDRAWN, type Runs, tailOf, withdrawn, withExecution } from './tail.ts';

type CancelInput = {
  readonly job: JobRef;
  readonly nowMs: number;
};

/** Cancels open executions because a newer run of a job with `overlap: replace` takes their place. */
export const cancelForNewer = (
  runs: Runs,
  input: CancelInput,
): { readonly events: readonly RunEvent[]; readonly runs: Runs } => {
  const events: RunEvent[] = [];
  let after = runs;
  for (const execution of runs.open) {
    if (execution.state !== 'running' && !isTaken(execution)) {
      after = withdrawn(after, execution);
      events.push(
        cancelled({
          ...input,
          runs: after,
          execution,
          error: { code: 'REPLACED', message: 'a newer run of the job replaced it' },
        }),
      );
    } else if (execution.cancelRequested === undefined) {
      const requested = requestCancel(after, execution, { ...input, reason: 'REPLACED' });
      events.push(requested.event);
      after = requested.runs;
    }
  }
  return { events, runs: after };
};

/**
 * Cancels some of the executions that a newer run replaces, if they are too many for the append of the newer run. Decide
 * again until there is nothing to record: then few are left.
 */
export const makeRoomForNewer = (runs: Runs, input: CancelInput): RunEvent[] => {
  const { events } = cancelForNewer(runs, input);
  return events.length > MAX_WITHDRAWN ? events.slice(0, MAX_WITHDRAWN) : [];
};

/** After an engine reads that an execution is open, it may call for up to this many ms. */
export const CALLED_AFTER_LOOK_MS = 1_000;

type CancelOneInput = CancelInput & {
  readonly executionId: number;
  readonly message: string;
};

/**
 * Cancels an execution: immediately if it waits, otherwise by a request to its engine or worker. Records nothing if it is not open.
 */
export const cancelExecution = (runs: Runs, { executionId, message, ...input }: CancelOneInput): RunEvent[] => {
  const execution = runs.open.find((each) => each.executionId === executionId);
  switch (execution?.state) {
    case undefined:
      return [];
    case 'pending':
    case 'offered':
    case 'awaiting':
      if (isTaken(execution)) return requestCancellation(runs, execution, input);
      return [
        cancelled({ ...input, runs: withdrawn(runs, execution), execution, error: { code: 'CANCELLED', message } }),
      ];
    case 'running':
      return requestCancellation(runs, execution, input);
  }
};

const requestCancellation = (runs: Runs, execution: OpenExecution, input: CancelInput): RunEvent[] =>
  execution.cancelRequested === undefined
    ? [requestCancel(runs, execution, { ...input, reason: 'CANCELLED' }).event]
    : [];

/** Requests the engine that runs an execution to end its call, or the worker that took it to end its work. */
const requestCancel = (
  runs: Runs,
  execution: OpenExecution,
  { job, nowMs, reason }: CancelInput & { readonly reason: CancelReason },
): { readonly event: EventOf<'CancelRequested'>; readonly runs: Runs } => {
  const requested: OpenExecution = { ...execution, cancelRequested: { at: toInstant(nowMs), reason } };
  const after = withExecution(runs, requested);
  return {
    event: {
      type: 'CancelRequested',
      data: { ...executionOf(job, requested), attempt: requested.attempt, reason, tail: tailOf(after) },
    },
    runs: after,
  };
};
