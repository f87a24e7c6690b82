import { LogMismatch } from '../../event-store/errors.ts';
import type { EngineJob } from '../jobs/job-table.ts';
import { within } from '../within.ts';
import { type ClaimDeps, claimDue } from './claim.ts';
import type { TurnQueue } from './turns.ts';

/** Claims what is due, some hundred jobs at a time, and sleeps until there is more. */
export type ClaimLoop = {
  /** Sees to it that what is due is claimed now, and that the next slot wakes the engine. */
  wake(): void;
  /** Wakes for no further slot. Resolves when what is being claimed is. */
  stop(): Promise<void>;
};

type Options = {
  readonly claimDeps: ClaimDeps;
  readonly turns: TurnQueue;
  /** Whether this engine claims just now. */
  readonly isClaiming: () => boolean;
  /** Nothing more can be claimed. */
  readonly failed: (error: unknown) => void;
};

const CHUNK = 500;
const RETRY_MS = 500;
/** Claims may be under way for so long until the next ones follow. */
const PATIENCE_MS = 2_000;
/** A timer never sleeps longer, so that slots that a clock put forward makes due are claimed soon. */
const LONGEST_SLEEP_MS = 1_000;

export const createClaimLoop = ({ claimDeps, turns, isClaiming, failed }: Options): ClaimLoop => {
  const { table, definitions, parking, world, engineId } = claimDeps;
  let cancelTimer: (() => void) | undefined;
  let timerMs = Number.POSITIVE_INFINITY;
  let pumping: Promise<void> | undefined;

  const wake = (): void => {
    if (!isClaiming() || pumping !== undefined) return;
    const nextMs = table.nextMs();
    const nowMs = world.clock.now();
    if (nextMs <= nowMs || turns.mayHaveNext()) {
      pumping = pump()
        .catch(failed)
        .finally(() => {
          pumping = undefined;
          wake();
        });
      return;
    }
    if (nextMs >= timerMs && cancelTimer !== undefined) return;
    cancelTimer?.();
    timerMs = nextMs;
    cancelTimer = world.timers.after(Math.min(nextMs - nowMs, LONGEST_SLEEP_MS), () => {
      cancelTimer = undefined;
      timerMs = Number.POSITIVE_INFINITY;
      wake();
    });
  };

  const pump = async (): Promise<void> => {
    while (isClaiming()) {
      const due = table.popDue(world.clock.now(), CHUNK);
      if (due.length === 0 && !turns.mayHaveNext()) return;
      // An append that is not answered keeps its own job waiting, and the others for no longer than this.
      await within(claimAll(due), { limitMs: PATIENCE_MS, timers: world.timers });
    }
  };

  const claimAll = async (due: readonly EngineJob[]): Promise<void> => {
    try {
      const free = due.filter((job) => !parking.holds(job));
      await definitions.fetch(free);
      const next = turns.next(free);
      if (next.length > 0) await claimDue(claimDeps, next);
      // Others have their turn, however many jobs are due that have to wait.
      else await world.timers.sleep(0);
    } catch (error) {
      if (error instanceof LogMismatch) return failed(error);
      world.log.warn({ engineId, error }, 'scheduler: claiming failed and is tried again');
      await world.timers.sleep(RETRY_MS);
      for (const job of due) table.arm(job);
    }
  };

  return {
    wake,
    stop: async () => {
      cancelTimer?.();
      await pumping;
    },
  };
};
