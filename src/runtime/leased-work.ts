import { keepLooking } from './keep-looking.ts';
import { createOutageLog, untilDone } from './outage.ts';
import { awaitWithin } from './within.ts';
import type { World } from './world.ts';

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

/** Something that is looked for again and again, and carried out by one process at a time. */
type LeasedWork<T> = {
  /** What the service's log calls it. */
  readonly name: string;
  /** What the service's log calls that which fails and works again; by default changes. */
  readonly steps?: string;
  /** The most that one process carries out at once. */
  readonly most: number;
  readonly find: (limit: number) => Promise<readonly T[]>;
  readonly leaseOf: (item: T) => string;
  /** What the service's log says of an item. */
  readonly fieldsOf?: (item: T) => Readonly<Record<string, unknown>>;
  /** Goes on from where the log says that the item is; called again where it fails. */
  readonly carryOut: (item: T, signal: AbortSignal) => Promise<void>;
};

type LeasedWorkDeps = { readonly leases: Leases; readonly world: Pick<World, 'clock' | 'timers' | 'log'> };

export type WorkRunner = {
  start(): void;
  /** Stops after the items under way. Another process goes on, or this one after its next start. */
  stop(): Promise<void>;
};

const LOOK_EVERY_MS = 1_000;
const STOP_MS = 5_000;

/**
 * Looks once a second for work, and carries out what it gets the lease of. Any number of processes may do so: where one
 * dies, the next one that looks goes on.
 */
export const createWorkRunner = <T extends string | number>(
  { leases, world }: LeasedWorkDeps,
  { name, steps = 'changes', most, find, leaseOf, fieldsOf, carryOut }: LeasedWork<T>,
): WorkRunner => {
  const stopping = new AbortController();
  const { signal } = stopping;
  const running = new Map<T, Promise<void>>();
  const looks = createOutageLog(world.log, `${name}: looks for what is to be done`);
  let looking: Promise<void> = Promise.resolve();

  const insist = async (item: T, lease: Lease): Promise<void> => {
    const until = AbortSignal.any([signal, lease.lost]);
    const outages = createOutageLog(world.log, `${name}: ${steps}`, fieldsOf?.(item));
    await untilDone({ world, outages, signal: until }, () => carryOut(item, until));
  };

  const take = async (item: T): Promise<void> => {
    const lease = await leases.tryTake(leaseOf(item));
    if (lease === undefined) return;
    const carried = insist(item, lease)
      .finally(() => lease.release())
      .finally(() => running.delete(item));
    running.set(item, carried);
  };

  const look = async (): Promise<void> => {
    if (running.size >= most) return;
    try {
      for (const item of await find(most)) {
        if (running.size < most && !running.has(item)) await take(item);
      }
      looks.worked();
    } catch (error) {
      looks.failed(error);
    }
  };

  return {
    start: () => {
      looking = keepLooking(look, { timers: world.timers, everyMs: LOOK_EVERY_MS, signal });
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
