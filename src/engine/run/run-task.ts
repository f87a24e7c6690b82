import type { World } from '../../runtime/world.ts';
import type { Claim } from './claim.ts';
import type { RunTask } from './execute.ts';
import { createSendTask, type SendTaskDeps } from './send-task.ts';

export type RunTaskDeps = SendTaskDeps & {
  /** Where the target of an execution says how it ended. */
  readonly completionUrlOf: (execution: Pick<Claim, 'jobId' | 'executionId'>) => string;
};

/** Makes the function that calls the target of an execution, with the headers that say which one it is. */
export const createRunTask = ({ completionUrlOf, ...deps }: RunTaskDeps): RunTask => {
  const sendTask = createSendTask(deps);
  return ({ claim, traceparent, ...call }) => {
    const { jobId, executionId } = claim;
    const { completionToken } = call;
    return sendTask({
      ...call,
      at: claim.scheduledAt,
      callId: idempotencyKey(claim),
      ownHeaders: () => ({
        ...callHeaders(claim, traceparent ?? newTrace(deps.world.random)),
        ...(completionToken === undefined ? {} : completionHeaders(completionToken, completionUrlOf(claim))),
      }),
      about: { jobId, executionId },
    });
  };
};

const TRACE_BYTES = 24;

/** The trace context of a call that is in no trace of ours. */
export const newTrace = (random: World['random']): string => {
  const ids = random.bytes(TRACE_BYTES);
  return `00-${ids.toString('hex', 0, 16)}-${ids.toString('hex', 16)}-01`;
};

/** The same for all attempts of an execution. */
const idempotencyKey = ({ executionId }: Claim): string => `execution-${executionId}`;

/** The headers of every call. A header of the same name in the task replaces them. */
const callHeaders = (claim: Claim, traceparent: string): Record<string, string> => ({
  'Idempotency-Key': idempotencyKey(claim),
  'Carillon-Job': String(claim.jobId),
  'Carillon-Execution': String(claim.executionId),
  'Carillon-Scheduled-At': claim.scheduledAt,
  'Carillon-Attempt': String(claim.attempt),
  'Carillon-Trigger': claim.trigger,
  traceparent,
});

/** With these the target says how the execution ended. */
const completionHeaders = (token: string, url: string): Record<string, string> => ({
  'Carillon-Completion-Token': token,
  'Carillon-Completion-Url': url,
});
