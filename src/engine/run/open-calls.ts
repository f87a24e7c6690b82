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
  /** Notes a call. @returns what is to be called when the call is over */
  begin(claim: Claim, abort: () => void): () => void;
  /**
   * Aborts the calls of this job whose executions are to be cancelled, or were ended by another engine, since the job's
   * next run may have begun.
   */
  abortNoLongerWanted(jobId: number, runs: Runs): void;
};

type OpenCall = { readonly claim: Claim; readonly abort: () => void };
const NONE: readonly OpenCall[] = [];

export const createOpenCalls = (): OpenCalls => {
  const stopping = new AbortController();
  const calls = new Map<number, OpenCall[]>();

  return {
    signal: stopping.signal,
    abortAll: () => {
      stopping.abort();
      for (const { abort } of [...calls.values()].flat()) abort();
    },
    begin: (claim, abort) => {
      if (stopping.signal.aborted) abort();
      const { jobId } = claim;
      const others = calls.get(jobId);
      calls.set(jobId, others === undefined ? [{ claim, abort }] : [...others, { claim, abort }]);
      return () => {
        const left = calls.get(jobId)?.filter((call) => call.claim !== claim) ?? [];
        if (left.length === 0) calls.delete(jobId);
        else calls.set(jobId, left);
      };
    },
    abortNoLongerWanted: (jobId, runs) => {
      for (const { claim, abort } of calls.get(jobId) ?? NONE) {
        const open = openUnder(runs, claim);
        if (open === undefined || open.cancelRequested !== undefined) abort();
      }
    },
  };
};
