import { recentJobClosuresOf } from '../../commands/job-closures.ts';
import { createLeases, type LockLeases } from '../../db/leases.ts';
import { everyProjection } from '../../projections/all.ts';
import { areApplied } from '../../projections/checkpoints.ts';
import { leavesToKeep } from '../../proofs/kept-leaves.ts';
import type { WorkRunner } from '../../runtime/leased-work.ts';
import { pollUntilFound } from '../../runtime/poll.ts';
import { type AlertSender, canNotifyFrom, startAlerts } from '../alerts.ts';
import { hookCallerOf } from '../hooks.ts';
import type { Shared } from '../shared.ts';

/** How long the read models may take to catch up before they are asked again. */
const CATCH_UP_MS = 10_000;

/**
 * Starts what one process does for all, where this one is of the API or an engine: bulk operations, the erasure of
 * tenants, retention, the watch of alert rules, and the calls of hooks.
 */
export const startBackground = (shared: Shared, sender: AlertSender): void => {
  const { roles, config, core, store, home, queries, quotas, databaseUrl, metrics, world, onStop } = shared;
  if (!roles.includes('api') && !roles.includes('engine')) return;
  const leases = createLeases({ databaseUrl, timers: world.timers });
  onStop(() => leases.close());
  const caughtUp = () => shared.caughtUp(CATCH_UP_MS);
  const start = (runner: WorkRunner): void => {
    onStop(() => runner.stop());
    runner.start();
  };
  const jobClosures = recentJobClosuresOf({ store, queries, ...world });
  start(core.operationsOf({ queries, leases, countTrigger: quotas.countTrigger, caughtUp, jobClosures }));
  start(core.eraserOf({ queries, leases, caughtUp }));
  start(retentionOf(shared, leases));
  const mayNotify = canNotifyFrom({ store, start: { mode: config.engine.startMode, home } });
  startAlerts({ core, sender, queries, caughtUp, mayNotify, leases, metrics, onStop });
  start(hookCallerOf({ shared, caughtUp, mayCall: mayNotify, leases }));
};

const POLL_INTERVAL_MS = 100;

/** Builds what lets executions expire. */
const retentionOf = (shared: Shared, leases: LockLeases): WorkRunner => {
  const { config, core, queries, store, pool, world } = shared;
  return core.retentionOf({
    longestMs: config.executionRetentionMs,
    queries,
    leases,
    leavesToKeep: (beforeMs, signal) => leavesToKeep({ log: store, beforeMs, signal }),
    takenInBy: async (position) => {
      const isThere = async () => (await areApplied(pool, everyProjection, position)) || undefined;
      return (await pollUntilFound(world, { limitMs: CATCH_UP_MS, everyMs: POLL_INTERVAL_MS }, isThere)) ?? false;
    },
  });
};
