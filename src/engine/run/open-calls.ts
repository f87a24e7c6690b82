import { openUnder, type Runs } from '../../domain/execution/tail.ts';
import type { Claim } from './claim.ts';

/** The calls under way in this engine, each with a signal to abort it. */
export type OpenCalls = {
  /** Aborts when the engine stops waiting for calls. */
  readonly signal: AbortSignal;
  /** Aborts all calls, also those that begin after this. */
  abortAll(): void;
  /** @returns the signal of this call, what aborts it, and `end`, to be called when the call is over */
  begin(claim: Claim): { readonly signal: AbortSignal; abort(): void; end(): void };
  /**
   * Aborts the calls of this job whose executions are to be cancelled, or were ended by another engine, since the job's
   * next run may have begun.
   */
  abortNoLongerWanted(jobId: number, runs: Runs): void;
};

export const createOpenCalls = (): OpenCalls => {
  const stopping = new AbortController();
  const calls = new Map<number, Map<Claim, AbortController>>();
  stopping.signal.addEventListener('abort', () => {
    for (const ofJob of calls.values()) for (const controller of ofJob.values()) controller.abort();
  });

  return {
    signal: stopping.signal,
    abortAll: () => stopping.abort(),
    begin: (claim) => {
      const controller = new AbortController();
      if (stopping.signal.aborted) controller.abort();
      const ofJob = calls.get(claim.jobId) ?? new Map<Claim, AbortController>();
      calls.set(claim.jobId, ofJob.set(claim, controller));
      const end = (): void => {
        ofJob.delete(claim);
        if (ofJob.size === 0 && calls.get(claim.jobId) === ofJob) calls.delete(claim.jobId);
      };
      return { signal: controller.signal, abort: () => controller.abort(), end };
    },
    abortNoLongerWanted: (jobId, runs) => {
      for (const [claim, controller] of calls.get(jobId) ?? []) {
        const open = openUnder(runs, claim);
        if (open === undefined || open.cancelRequested !== undefined) controller.abort();
      }
    },
  };
};
