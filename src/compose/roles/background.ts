import type { AlertContext } from '../../alerts/ports.ts';
import { createAlerter } from '../../alerts/watch-rules.ts';
import { createCommands } from '../../commands/index.ts';
import { recentJobClosuresOf } from '../../commands/job-closures.ts';
import { createLeases } from '../../db/leases.ts';
import { createHookCaller } from '../../operations/call-hooks.ts';
import type { Operations } from '../../operations/change-item.ts';
import type { OperationContext } from '../../operations/context.ts';
import { createEraser } from '../../operations/erase-tenant.ts';
import { createRetention, type RetentionWork } from '../../operations/retention.ts';
import { createOperationRunner } from '../../operations/run-operation.ts';
import { everyProjection } from '../../projections/all.ts';
import { areApplied } from '../../projections/checkpoints.ts';
import { leavesToKeep } from '../../proofs/kept-leaves.ts';
import type { WorkRunner } from '../../runtime/leased-work.ts';
import { pollUntilFound } from '../../runtime/poll.ts';
import { type AlertSender, canNotifyFrom } from '../alerts.ts';
import type { Shared } from '../shared.ts';
import { createHookCall } from '../single-calls.ts';

/** How long to wait for the read models per try. */
const CATCH_UP_MS = 10_000;
const POLL_INTERVAL_MS = 100;

/**
 * Starts work that one process does for all, in processes with the API or an engine: bulk operations, erasures of tenants,
 * retention, alert rules, and hook calls.
 */
export const startBackground = (shared: Shared, sender: AlertSender): void => {
  const { roles, core, logId, queries, databaseUrl, metrics, world, onStop } = shared;
  if (!roles.includes('api') && !roles.includes('engine')) return;
  const leases = createLeases({ databaseUrl, timers: world.timers });
  onStop(() => leases.close());
  const start = (runner: WorkRunner): void => {
    onStop(() => runner.stop());
    runner.start();
  };
  const context = { ...core, queries, leases, caughtUp: () => shared.caughtUp(CATCH_UP_MS) };
  const mayNotify = canNotifyFrom(shared);

  start(createOperationRunner(operationsOf(shared, context)));
  start(createEraser({ ...context, commands: core.everyTenants }));
  start(createRetention(retentionOf(shared, context)));
  const countNotification = metrics.counter('carillon_alert_notifications_total');
  const attempted: AlertContext['attempted'] = (receiver, outcome) => countNotification({ receiver, outcome });
  const alerter = createAlerter({ ...context, logId, send: sender.send, attempted, mayNotify });
  metrics.gauge('carillon_alerts_firing', () => alerter.status().firing);
  start(alerter);
  const countHook = metrics.counter('carillon_hook_calls_total');
  start(
    createHookCaller({
      ...context,
      mayCall: mayNotify,
      call: createHookCall(shared),
      attempted: (hook, status) => countHook({ hook, outcome: status === 'pending' ? 'failed' : status }),
    }),
  );
};

/** Dependencies of bulk operations: blackouts are looked up once a second, not once per job. */
const operationsOf = ({ core, queries, quotas }: Shared, context: OperationContext): Operations => ({
  ...context,
  commands: createCommands({ ...core, jobClosures: recentJobClosuresOf({ ...core, queries }) }),
  countTrigger: quotas.countTrigger,
  tracer: core.tracer,
});

const retentionOf = ({ config, store, pool, world }: Shared, context: OperationContext): RetentionWork => ({
  ...context,
  longestMs: config.executionRetentionMs,
  leavesToKeep: (beforeMs, signal) => leavesToKeep({ log: store, beforeMs, signal }),
  takenInBy: async (position) => {
    const isThere = async () => (await areApplied(pool, everyProjection, position)) || undefined;
    return (await pollUntilFound(world, { limitMs: CATCH_UP_MS, everyMs: POLL_INTERVAL_MS }, isThere)) ?? false;
  },
});
