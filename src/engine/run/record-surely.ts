import type { Outcome } from '../../domain/execution/outcome.ts';
import {
  AppendTooLarge,
  EventStoreClosed,
  InvalidAppend,
  LogMismatch,
  StreamParked,
} from '../../event-store/errors.ts';
import { type Backoff, backoffMs } from '../../runtime/backoff.ts';
import { type EndedExecution, type RunsDeps, recordEnd } from './append-runs.ts';
import type { OpenCalls } from './open-calls.ts';

type RecordDeps = RunsDeps & { readonly calls: Pick<OpenCalls, 'signal'> };

const RECORD_RETRY: Backoff = { firstMs: 500, longestMs: 10_000 };

/**
 * Records an outcome, with retries until it is recorded or the signal aborts. If the outcome does not fit into an
 * event, a failure without the result is recorded instead.
 */
export const recordSurely = async (deps: RecordDeps, ended: EndedExecution, outcome: Outcome): Promise<void> => {
  let recorded = outcome;
  for (let retry = 1; ; retry++) {
    try {
      return await recordEnd(deps, ended, recorded);
    } catch (error) {
      const { jobId } = ended.job;
      const fields = { jobId, executionId: ended.execution.executionId, error };
      const isUnfit = error instanceof AppendTooLarge || error instanceof InvalidAppend;
      const isFinal = [EventStoreClosed, LogMismatch, StreamParked].some((each) => error instanceof each);
      if ((isUnfit && recorded !== outcome) || isFinal || deps.calls.signal.aborted) throw error;
      if (isUnfit) {
        deps.world.log.error(fields, 'scheduler: the outcome of a job execution fits no event: told without it');
        recorded = notRecorded(outcome);
        continue;
      }
      deps.world.log.warn(fields, 'scheduler: the outcome of a job execution could not be recorded: trying again');
      await deps.world.timers.sleep(backoffMs(retry, RECORD_RETRY), deps.calls.signal);
    }
  }
};

const notRecorded = ({ startedAtMs, finishedAtMs, kind }: Outcome): Outcome => ({
  kind: 'failed',
  ...(startedAtMs === undefined ? {} : { startedAtMs }),
  finishedAtMs,
  error: {
    code: 'OUTCOME_NOT_RECORDED',
    message: `the call ${kind}, but the log could not hold its outcome: look for it at the target`,
  },
});
