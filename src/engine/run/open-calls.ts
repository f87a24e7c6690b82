import { openUnder, type Runs } from '../../domain/execution/tail.ts';
import type { Claim } from './claim.ts';

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

export const createOpenCalls = (): OpenCalls => {
  const stopping = new AbortController();
  const calls = new Map<number, Map<Claim, () => void>>();

  return {
    signal: stopping.signal,
    abortAll: () => {
      stopping.abort();
      for (const ofJob of calls.values()) for (const abort of ofJob.values()) abort();
    },
    begin: (claim, abort) => {
      if (stopping.signal.aborted) abort();
      const ofJob = calls.get(claim.jobId) ?? new Map<Claim, () => void>();
      calls.set(claim.jobId, ofJob.set(claim, abort));
      return () => {
        ofJob.delete(claim);
        if (ofJob.size === 0 && calls.get(claim.jobId) === ofJob) calls.delete(claim.jobId);
      };
    },
    abortNoLongerWanted: (jobId, runs) => {
      for (const [claim, abort] of calls.get(jobId) ?? []) {
        const open = openUnder(runs, claim);
        if (open === undefined || open.cancelRequested !== undefined) abort();
      }
    },
  };
};
