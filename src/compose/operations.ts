import type { LockLeases } from '../db/leases.ts';
import type { OperationPorts } from '../operations/ports.ts';
import type { OperationRunner } from '../operations/runner.ts';
import type { OnStop } from './parts.ts';

type OperationsDeps = Pick<OperationPorts, 'queries' | 'countTrigger'> & {
  readonly core: { operationsOf(ports: Omit<OperationPorts, 'commands' | 'once' | 'tracer'>): OperationRunner };
  readonly leases: LockLeases;
  readonly caughtUp: (limitMs: number) => Promise<boolean>;
  readonly onStop: OnStop;
};

/** How long the read models may take to catch up before they are asked again. */
const CATCH_UP_MS = 10_000;

/** Starts what carries out bulk operations in this process. */
export const startOperations = (deps: OperationsDeps): void => {
  const { core, leases, queries, caughtUp, countTrigger, onStop } = deps;
  const runner = core.operationsOf({ queries, leases, countTrigger, caughtUp: () => caughtUp(CATCH_UP_MS) });
  onStop(() => runner.stop());
  runner.start();
};
