import type { LockLeases } from '../db/leases.ts';
import type { ErasurePorts } from '../operations/erase-tenant.ts';
import type { OperationPorts } from '../operations/ports.ts';
import type { WorkRunner } from '../runtime/leased-work.ts';
import type { OnStop } from './parts.ts';

type OperationsDeps = Pick<OperationPorts, 'countTrigger'> & {
  readonly queries: OperationPorts['queries'] & ErasurePorts['queries'];
  readonly core: {
    operationsOf(ports: Omit<OperationPorts, 'commands' | 'once' | 'tracer'>): WorkRunner;
    eraserOf(ports: Omit<ErasurePorts, 'commands'>): WorkRunner;
  };
  readonly leases: LockLeases;
  readonly caughtUp: (limitMs: number) => Promise<boolean>;
  readonly onStop: OnStop;
};

/** How long the read models may take to catch up before they are asked again. */
const CATCH_UP_MS = 10_000;

/** Starts what carries out bulk operations and the erasure of tenants in this process. */
export const startOperations = (deps: OperationsDeps): void => {
  const { core, leases, queries, countTrigger, onStop } = deps;
  const caughtUp = () => deps.caughtUp(CATCH_UP_MS);
  const runners = [
    core.operationsOf({ queries, leases, countTrigger, caughtUp }),
    core.eraserOf({ queries, leases, caughtUp }),
  ];
  for (const runner of runners) {
    onStop(() => runner.stop());
    runner.start();
  }
};
