import { createWorkRunner, type WorkRunner } from '../runtime/leased-work.ts';
import type { AlertPorts } from './ports.ts';
import { type WatchDeps, type WatchStatus, watchRules } from './watch-rules.ts';

/** Watches the alert rules of all tenants, in one process at a time. */
export type Alerter = WorkRunner & { status(): WatchStatus };

export type AlerterDeps = WatchDeps & Pick<AlertPorts, 'leases' | 'mayNotify'>;

/**
 * Watches the alert rules while this process has the lease. Where the process that has it dies, the next one that looks
 * goes on from the checkpoint. Without rules it costs one small query a second.
 */
export const createAlerter = (deps: AlerterDeps): Alerter => {
  const { queries, mayNotify } = deps;
  let status: WatchStatus = { firing: 0 };
  const show = (now: WatchStatus): void => {
    status = now;
  };
  const runner = createWorkRunner(deps, {
    name: 'alerts',
    steps: 'watches of the rules',
    most: 1,
    find: async () => ((await queries.hasAlertRules()) && (await mayNotify()) ? ['alerts'] : []),
    leaseOf: (name) => name,
    carryOut: (_, signal) => watchRules(deps, { signal, show }),
  });
  return { ...runner, status: () => status };
};
