import { type Backoff, backoffMs } from '../backoff.ts';
import type { Lease } from '../lease.ts';
import { createOutageLog } from '../telemetry/outage.ts';
import { awaitWithin } from '../within.ts';
import type { OperationPorts } from './ports.ts';
import { type RunOperationDeps, runOperation } from './run-operation.ts';

export type OperationRunner = {
  start(): void;
  /** Stops after the items under way. Another process goes on, or this one after its next start. */
  stop(): Promise<void>;
};

export type OperationRunnerDeps = RunOperationDeps & Pick<OperationPorts, 'leases'>;

const LOOK_EVERY_MS = 1_000;
/** So many operations are carried out at once, each of another tenant. */
const MOST_OPERATIONS = 8;
const STOP_MS = 5_000;
const RETRY: Backoff = { firstMs: 500, longestMs: 30_000 };

/**
 * Carries out operations, one of each tenant at a time, oldest first. Any number of processes may do so: a lease gives
 * each operation to one of them, and where its process dies, to the next one that looks.
 */
export const createOperationRunner = (deps: OperationRunnerDeps): OperationRunner => {
  const { queries, leases, world } = deps;
  const stopping = new AbortController();
  const { signal } = stopping;
  const running = new Map<number, Promise<void>>();
  const looks = createOutageLog(world.log, 'operations: looks for what is to be done');
  let looking: Promise<void> = Promise.resolve();

  const carryOut = async (operationId: number, lease: Lease): Promise<void> => {
    const until = AbortSignal.any([signal, lease.lost]);
    const outages = createOutageLog(world.log, 'operations: changes', { operationId });
    for (let failures = 1; !until.aborted; failures++) {
      const beganMs = world.clock.monotonic();
      try {
        await runOperation(deps, operationId, until);
        outages.worked();
        return;
      } catch (error) {
        if (until.aborted) return;
        outages.failed(error);
        if (world.clock.monotonic() - beganMs > RETRY.longestMs) failures = 1;
        await world.timers.sleep(backoffMs(failures, RETRY), until);
      }
    }
  };

  const take = async (operationId: number): Promise<void> => {
    const lease = await leases.tryTake(`operation ${operationId}`);
    if (lease === undefined) return;
    const carried = carryOut(operationId, lease)
      .finally(() => lease.release())
      .finally(() => running.delete(operationId));
    running.set(operationId, carried);
  };

  const look = async (): Promise<void> => {
    try {
      for (const operationId of await queries.openOperations(MOST_OPERATIONS)) {
        if (running.size < MOST_OPERATIONS && !running.has(operationId)) await take(operationId);
      }
      looks.worked();
    } catch (error) {
      looks.failed(error);
    }
  };

  const keepLooking = async (): Promise<void> => {
    while (!signal.aborted) {
      await look();
      await world.timers.sleep(LOOK_EVERY_MS, signal);
    }
  };

  return {
    start: () => {
      looking = keepLooking();
    },
    stop: async () => {
      stopping.abort();
      await awaitWithin(
        world.timers,
        STOP_MS,
        looking.then(() => Promise.allSettled(running.values())),
      );
    },
  };
};
