import { openUnder, type Runs } from '../../domain/runs/tail.ts';
import type { Claim } from './claim.ts';

/** The calls that this engine is making, so that each can be broken off. */
export type OpenCalls = {
  /** @returns the signal that breaks this call off; `end` is called when it is over */
  begin(claim: Claim): { readonly signal: AbortSignal; end(): void };
  /** Breaks off the calls of this job whose executions were ended without this engine: its next run may have begun. */
  abortEnded(jobId: number, runs: Runs): void;
};

/** @param stop breaks off all of them */
export const createOpenCalls = (stop: AbortSignal): OpenCalls => {
  const calls = new Map<number, Map<Claim, AbortController>>();
  stop.addEventListener('abort', () => {
    for (const ofJob of calls.values()) for (const controller of ofJob.values()) controller.abort();
  });

  return {
    begin: (claim) => {
      const controller = new AbortController();
      if (stop.aborted) controller.abort();
      const ofJob = calls.get(claim.jobId) ?? new Map<Claim, AbortController>();
      calls.set(claim.jobId, ofJob.set(claim, controller));
      const end = (): void => {
        ofJob.delete(claim);
        if (ofJob.size === 0 && calls.get(claim.jobId) === ofJob) calls.delete(claim.jobId);
      };
      return { signal: controller.signal, end };
    },
    abortEnded: (jobId, runs) => {
      for (const [claim, controller] of calls.get(jobId) ?? []) {
        if (openUnder(runs, claim) === undefined) controller.abort();
      }
    },
  };
};
