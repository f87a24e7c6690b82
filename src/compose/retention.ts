import type { Pool } from 'pg';
import type { LockLeases } from '../db/leases.ts';
import type { EventStore } from '../event-store/port.ts';
import type { RetentionPorts } from '../operations/retention.ts';
import { everyProjection } from '../projections/all.ts';
import { areTakenIn } from '../projections/taken-in.ts';
import { leavesToKeep } from '../proofs/kept-leaves.ts';
import type { WorkRunner } from '../runtime/leased-work.ts';
import type { World } from '../runtime/world.ts';
import type { OnStop } from './parts.ts';

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

/** How long the read models may take to catch up before they are asked again. */
const CATCH_UP_MS = 10_000;
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
