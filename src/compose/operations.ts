import type { Pool } from 'pg';
import type { LockLeases } from '../db/leases.ts';
import type { EventStore } from '../event-store/port.ts';
import type { ErasurePorts } from '../operations/erase-tenant.ts';
import type { OperationPorts } from '../operations/ports.ts';
import type { RetentionPorts } from '../operations/retention.ts';
import { everyProjection } from '../projections/all.ts';
import { areTakenIn } from '../projections/taken-in.ts';
import { leavesToKeep } from '../proofs/kept-leaves.ts';
import type { WorkRunner } from '../runtime/leased-work.ts';
import type { World } from '../runtime/world.ts';
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

type RetentionDeps = {
  readonly retentionMs: number;
  readonly queries: RetentionPorts['queries'];
  readonly core: { retentionOf(ports: RetentionPorts): WorkRunner };
  readonly pool: Pick<Pool, 'query'>;
  /** The log, read verbatim. */
  readonly verbatim: EventStore;
  readonly leases: LockLeases;
  readonly world: Pick<World, 'clock' | 'timers'>;
  readonly onStop: OnStop;
};

const LOOK_MS = 100;

/** Starts what lets executions expire, where that is asked for. */
export const startRetention = ({
  retentionMs,
  queries,
  core,
  pool,
  verbatim,
  leases,
  world,
  onStop,
}: RetentionDeps) => {
  const { clock, timers } = world;
  const runner = core.retentionOf({
    ...{ retentionMs, queries, leases },
    leavesToKeep: (beforeMs, signal) => leavesToKeep({ log: verbatim, beforeMs, signal }),
    takenInBy: async (position) => {
      const untilMs = clock.monotonic() + CATCH_UP_MS;
      while (!(await areTakenIn(pool, everyProjection, position))) {
        if (clock.monotonic() > untilMs) return false;
        await timers.sleep(LOOK_MS);
      }
      return true;
    },
  });
  onStop(() => runner.stop());
  runner.start();
};
