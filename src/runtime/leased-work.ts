import { poll } from './poll.ts';
import { createOutageLog, retryUntilDone } from './retry.ts';
import type { Runtime } from './runtime.ts';
import { createSemaphore } from './semaphore.ts';
import { awaitWithTimeout } from './timeout.ts';

/**
 * The right to do something that one process does for all. It only saves work: what keeps anything from being recorded
 * twice is the revision that an append expects.
 */
export type Lease = {
  /** Aborts when another process may have taken the lease. */
  readonly lost: AbortSignal;
  release(): Promise<void>;
};

export type Leases = {
  /** Takes a lease; undefined while another process has it. */
  tryTake(name: string): Promise<Lease | undefined>;
};

/** The time that an item has a place. */
export type WorkTurn = {
  readonly signal: AbortSignal;
  /**
   * Whether the item has had its time while others wait for its place. `carryOut` then returns as soon as it can, and
   * the item continues in its next turn.
   */
  isOver(): boolean;
};

/** Something that is looked for again and again, and carried out by one process at a time. */
type LeasedWork<T> = {
  /** What the service's log calls it. */
  readonly name: string;
  /** What the service's log calls that which fails and works again; by default changes. */
  readonly steps?: string;
  /** The most items that one process carries out at once. */
  readonly most: number;
  readonly find: (limit: number) => Promise<readonly T[]>;
  /** Names the lease of an item: two items never have the same. */
  readonly leaseOf: (item: T) => string;
  /** Tenants have turns in rotation. Undefined if there is only one item. */
  readonly tenantOf?: (item: T) => string;
  /** What the service's log says of an item. */
  readonly fieldsOf?: (item: T) => Readonly<Record<string, unknown>>;
  /** Goes on from where the log says that the item is; called again where it fails. */
  readonly carryOut: (item: T, turn: WorkTurn) => Promise<void>;
};
export type WorkRunner = {
  start(): void;
  /** Stops after the items under way. Another process goes on, or this one after its next start. */
  stop(): Promise<void>;
};

const POLL_INTERVAL_MS = 1_000;
const STOP_MS = 5_000;
/** How long an item keeps its place while others wait for one. */
const TURN_MS = 2_000;
/** Items among which the places are shared out. Further ones come in as those end. */
const MAX_FOUND = 1_000;

/**
 * Looks once a second for work, and carries out what it gets the lease of. Any number of processes may do so: where one
 * dies, the next one that looks goes on. If there are more items than places, the items of all tenants have turns, so
 * that those of a tenant which never end hold up nobody else's.
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

  /** One look at a time; a look that waits already does for all that ask meanwhile. */
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

/** Tenants whose last turn is remembered. */
const MAX_REMEMBERED = 10_000;

/** Knows which tenants had a turn last. */
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
    /** Sorts items: first those of tenants that have waited longest for a turn. */
    sort: <T>(items: readonly T[], tenantOf: (item: T) => string): readonly T[] => {
      const turnOf = (item: T): number => lastTurns.get(tenantOf(item)) ?? 0;
      return [...items].sort((a, b) => turnOf(a) - turnOf(b));
    },
  };
};
