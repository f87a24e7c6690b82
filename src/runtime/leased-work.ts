import { poll } from './poll.ts';
import { createOutageLog, retryUntilDone } from './retry.ts';
import type { Runtime } from './runtime.ts';
import { createSemaphore } from './semaphore.ts';
import { awaitWithTimeout } from './timeout.ts';

/**
 * The right to do work that one process does for all. It only saves work: the expected revision of an append prevents double
 * records.
 */
export type Lease = {
  /** Aborts when another process may have taken the lease. */
  readonly lost: AbortSignal;
  release(): Promise<void>;
};

export type Leases = {
  /** Takes a lease; `undefined` while another process holds it. */
  tryTake(name: string): Promise<Lease | undefined>;
};

/** An item's turn. */
export type WorkTurn = {
  readonly signal: AbortSignal;
  /**
   * Whether the item's time is over while others wait. `carryOut` then returns as soon as it can, and the item continues in
   * its next turn.
   */
  isOver(): boolean;
};

/** Work that is polled for, and done by one process at a time. */
type LeasedWork<T> = {
  /** Name in the log of the service. */
  readonly name: string;
  /** Name in the service's log of the operation that fails and recovers; by default changes. */
  readonly steps?: string;
  /** Maximum items that one process works on simultaneously. */
  readonly most: number;
  readonly find: (limit: number) => Promise<readonly T[]>;
  /** The lease of an item; unique per item. */
  readonly leaseOf: (item: T) => string;
  /** Tenants take turns. `undefined` if there is only one item. */
  readonly tenantOf?: (item: T) => string;
  /** Fields of the item in the service's log. */
  readonly fieldsOf?: (item: T) => Readonly<Record<string, unknown>>;
  /** Continues from the item's recorded progress; called again after a failure. */
  readonly carryOut: (item: T, turn: WorkTurn) => Promise<void>;
};
export type WorkRunner = {
  start(): void;
  /** Stops after the running items. Another process continues, or this one after its next start. */
  stop(): Promise<void>;
};

const POLL_INTERVAL_MS = 1_000;
const STOP_MS = 5_000;
/** How long an item runs while others wait. */
const TURN_MS = 2_000;
/** Maximum items to rotate among; further ones join as those end. */
const MAX_FOUND = 1_000;

/**
 * Polls once a second for work, and runs items with a lease. Any number of processes can do so: if one dies, the next one
 * that polls continues. With more items than capacity, the tenants' items take turns, so that a tenant's endless items delay
 * no one else.
 */
export const createWorkRunner = <T>(
  { leases, world }: { readonly leases: Leases; readonly world: Runtime },
  { name, steps = 'changes', most, find, leaseOf, tenantOf = () => '', fieldsOf, carryOut }: LeasedWork<T>,
): WorkRunner => {
  const stopping = new AbortController();
  const { signal } = stopping;
  const running = new Map<string, Promise<void>>();
  const rotation = createRotation();
  const lookTurns = createSemaphore(1);
  const looks = createOutageLog(world.log, `${name}: looking for work`);
  let othersWait = false;
  let looking: Promise<void> = Promise.resolve();

  const insist = async (item: T, lease: Lease): Promise<void> => {
    const until = AbortSignal.any([signal, lease.lost]);
    const overMs = world.clock.monotonic() + TURN_MS;
    const isOver = () => othersWait && world.clock.monotonic() >= overMs;
    const outages = createOutageLog(world.log, `${name}: ${steps}`, fieldsOf?.(item));
    await retryUntilDone({ world, outages, signal: until }, async () => {
      try {
        await carryOut(item, { signal: until, isOver });
      } catch (error) {
        if (!isOver()) throw error;
        outages.failed(error);
      }
    });
  };

  const take = async (item: T): Promise<void> => {
    const key = leaseOf(item);
    const lease = await leases.tryTake(key);
    if (lease === undefined) return;
    rotation.served(tenantOf(item));
    const carried = insist(item, lease)
      .finally(() => lease.release())
      .finally(() => {
        running.delete(key);
        if (othersWait) void look();
      });
    running.set(key, carried);
  };

  const takeFound = async (): Promise<void> => {
    try {
      const found = (await find(MAX_FOUND)).filter((item) => !running.has(leaseOf(item)));
      const inTurn = rotation.sort(found, tenantOf);
      othersWait = false;
      for (const item of inTurn) {
        if (signal.aborted) return;
        if (running.size >= most) {
          othersWait = true;
          break;
        }
        await take(item);
      }
      looks.worked();
    } catch (error) {
      looks.failed(error);
    }
  };

  /** One poll at a time; a waiting poll serves all requests until it starts. */
  const look = async (): Promise<void> => {
    if (signal.aborted || lookTurns.waiting() > 0) return;
    await lookTurns.run(takeFound);
  };

  return {
    start: () => {
      looking = poll(look, { timers: world.timers, everyMs: POLL_INTERVAL_MS, signal });
    },
    stop: async () => {
      stopping.abort();
      await awaitWithTimeout(
        world.timers,
        STOP_MS,
        looking.then(() => Promise.allSettled(running.values())),
      );
    },
  };
};

/** Number of tenants whose last turn is remembered. */
const MAX_REMEMBERED = 10_000;

/** Remembers which tenants had a turn last. */
const createRotation = () => {
  const lastTurns = new Map<string, number>();
  let turns = 0;
  return {
    served: (tenant: string): void => {
      turns += 1;
      lastTurns.delete(tenant);
      lastTurns.set(tenant, turns);
      const [oldest] = lastTurns.keys();
      if (lastTurns.size > MAX_REMEMBERED && oldest !== undefined) lastTurns.delete(oldest);
    },
    /** Sorts items by how long their tenants have waited for a turn, longest first. */
    sort: <T>(items: readonly T[], tenantOf: (item: T) => string): readonly T[] => {
      const turnOf = (item: T): number => lastTurns.get(tenantOf(item)) ?? 0;
      return [...items].sort((a, b) => turnOf(a) - turnOf(b));
    },
  };
};
