import { LogMismatch } from '../../event-store/errors.ts';
import { awaitWithTimeout } from '../../runtime/timeout.ts';
import type { EngineContext } from '../context.ts';
import type { EngineJob } from '../jobs/engine-job.ts';
import type { AdmissionQueue } from './admission-queue.ts';
import { type ClaimedCalls, claimDue } from './claim.ts';

/** Claims what is due, some hundred jobs at a time, and sleeps until there is more. */
export type ClaimLoop = {
  /** Claims now the jobs that are due, and sets a timer for the next slot. */
  wake(): void;
  /** Cancels the timer. Resolves when the claims in progress have ended. */
  stop(): Promise<void>;
};

const RETRY_MS = 500;
/** The next jobs are claimed after this time, even if earlier claims are still in progress. */
const TIMEOUT_MS = 2_000;
/** How often to look whether a clock that was put forward has made slots due. */
const POLL_INTERVAL_MS = 1_000;

export const createClaimLoop = (deps: EngineContext & ClaimedCalls & { readonly turns: AdmissionQueue }): ClaimLoop => {
  const { table, definitions, parking, world, engineId, turns, turnSize } = deps;
  const { isClaiming, fail } = deps.state;
  let cancels: (() => void)[] = [];
  let timerMs = Number.POSITIVE_INFINITY;
  let pumping: Promise<void> | undefined;
  const requestInProgress = new Set<Promise<void>>();

  const cancelTimers = (): void => {
    for (const cancel of cancels) cancel();
    cancels = [];
  };

  const wake = (): void => {
    if (!isClaiming() || pumping !== undefined) return;
    const nowMs = world.clock.now();
    const nextMs = Math.min(table.nextMs(), nowMs + turns.nextInMs());
    if (nextMs <= nowMs || turns.mayHaveNext()) {
      pumping = pump()
        .catch(fail)
        .finally(() => {
          pumping = undefined;
          wake();
        });
      return;
    }
    if (nextMs >= timerMs && cancels.length > 0) return;
    cancelTimers();
    timerMs = nextMs;
    const again = (): void => {
      cancelTimers();
      timerMs = Number.POSITIVE_INFINITY;
      wake();
    };
    cancels = [world.timers.after(POLL_INTERVAL_MS, again, 'look')];
    if (nextMs < Number.POSITIVE_INFINITY) cancels.push(world.timers.after(nextMs - nowMs, again));
  };

  const pump = async (): Promise<void> => {
    while (isClaiming()) {
      const due = table.popDue(world.clock.now(), turnSize);
      if (due.length === 0 && !turns.mayHaveNext()) return;
      // An append that is not confirmed keeps its own job waiting, and the others for no longer than this.
      const claims = claimAll(due).finally(() => requestInProgress.delete(claims));
      requestInProgress.add(claims);
      await awaitWithTimeout(world.timers, TIMEOUT_MS, claims);
    }
  };

  const claimAll = async (due: readonly EngineJob[]): Promise<void> => {
    try {
      const free = due.filter((job) => !parking.holds(job));
      await definitions.fetch(free);
      const next = turns.next(free);
      if (next.length > 0) await claimDue(deps, next);
      // Yields to the event loop, so that many jobs that wait for a place can't starve everything else.
      else await world.timers.sleep(0);
    } catch (error) {
      if (error instanceof LogMismatch) return fail(error);
      world.log.warn({ engineId, error }, 'scheduler: claiming failed; retrying');
      await world.timers.sleep(RETRY_MS);
      for (const job of due) table.arm(job);
    }
  };

  return {
    wake,
    stop: async () => {
      cancelTimers();
      await pumping;
      await Promise.all(requestInProgress);
    },
  };
};
