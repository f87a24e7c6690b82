import type { EventOf } from '../../domain/events/index.ts';
import { openUnder, type Runs } from '../../domain/execution/tail.ts';

/** An execution that this engine has claimed: no other engine may call it. */
export type Claim = EventOf<'ExecutionStarted'>['data'];

/** The calls in progress in this engine, each with what aborts it. */
export type OpenCalls = {
  /** Aborts when the engine stops waiting for calls. */
  readonly signal: AbortSignal;
  /** Aborts all calls, also those that begin after this. */
  abortAll(): void;
  /** Notes a call. */
  begin(call: OpenCall): void;
  /** Notes that a call is over. */
  end(call: OpenCall): void;
  /**
   * Aborts the calls of this job whose executions are to be cancelled, or were ended by another engine, since the job's
   * next run may have begun.
   */
  abortNoLongerWanted(jobId: number, runs: Runs): void;
};

export type OpenCall = { readonly claim: Claim; abort(): void };
const NONE: readonly OpenCall[] = [];

export const createOpenCalls = (): OpenCalls => {
  const stopping = new AbortController();
  const calls = new Map<number, OpenCall[]>();

  return {
    signal: stopping.signal,
    abortAll: () => {
      stopping.abort();
      for (const call of [...calls.values()].flat()) call.abort();
    },
    begin: (call) => {
      if (stopping.signal.aborted) call.abort();
      const { jobId } = call.claim;
      const others = calls.get(jobId);
      calls.set(jobId, others === undefined ? [call] : [...others, call]);
    },
    end: (call) => {
      const { jobId } = call.claim;
      const left = calls.get(jobId)?.filter((each) => each !== call) ?? [];
      if (left.length === 0) calls.delete(jobId);
      else calls.set(jobId, left);
    },
    abortNoLongerWanted: (jobId, runs) => {
      for (const call of calls.get(jobId) ?? NONE) {
        const open = openUnder(runs, call.claim);
        if (open === undefined || open.cancelRequested !== undefined) call.abort();
      }
    },
  };
};
