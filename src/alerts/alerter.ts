import { type Backoff, backoffMs } from '../runtime/backoff.ts';
import { awaitWithin } from '../runtime/within.ts';
import { createOutageLog } from '../telemetry/outage.ts';
import type { AlertPorts } from './ports.ts';
import { type WatchDeps, type WatchStatus, watchRules } from './watch-rules.ts';

/** Watches the alert rules of all tenants, in one process at a time. */
export type Alerter = {
  start(): void;
  /** Stops after what is being sent. Another process goes on, or this one after its next start. */
  stop(): Promise<void>;
  status(): WatchStatus;
};

export type AlerterDeps = WatchDeps & Pick<AlertPorts, 'leases' | 'mayNotify'>;

const LEASE = 'alerts';
const LOOK_EVERY_MS = 2_000;
const STOP_MS = 3_000;
const RETRY: Backoff = { firstMs: 500, longestMs: 30_000 };

/**
 * Watches the alert rules while this process has the lease. Any number of processes may try; where the one that has it
 * dies, the next one that looks goes on from the checkpoint. Without rules it costs one small query in two seconds.
 */
export const createAlerter = (deps: AlerterDeps): Alerter => {
  const { queries, leases, mayNotify, world } = deps;
  const stopping = new AbortController();
  const { signal } = stopping;
  const outages = createOutageLog(world.log, 'alerts: watches of the rules');
  let status: WatchStatus = { firing: 0 };
  let running: Promise<void> = Promise.resolve();

  const watch = async (): Promise<void> => {
    if (!(await queries.hasAlertRules()) || !(await mayNotify())) return;
    const lease = await leases.tryTake(LEASE);
    if (lease === undefined) return;
    try {
      const show = (now: WatchStatus): void => {
        status = now;
      };
      await watchRules(deps, { signal: AbortSignal.any([signal, lease.lost]), show });
    } finally {
      await lease.release();
    }
  };

  const keepWatching = async (): Promise<void> => {
    for (let failures = 0; !signal.aborted; ) {
      try {
        await watch();
        failures = 0;
        outages.worked();
        await world.timers.sleep(LOOK_EVERY_MS, signal, 'look');
      } catch (error) {
        if (signal.aborted) return;
        failures += 1;
        outages.failed(error);
        await world.timers.sleep(backoffMs(failures, RETRY), signal);
      }
    }
  };

  return {
    start: () => {
      running = keepWatching();
    },
    stop: async () => {
      stopping.abort();
      await awaitWithin(world.timers, STOP_MS, running);
    },
    status: () => status,
  };
};
