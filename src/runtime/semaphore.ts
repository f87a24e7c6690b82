import { createFairCapacity, createFairQueue, type Permit } from './fair-capacity.ts';
import type { Clock } from './runtime.ts';

/** Limits simultaneous actions. The others wait in order of arrival. */
export type Semaphore = {
  run<T>(action: () => Promise<T>): Promise<T>;
  /** Number of waiting actions. */
  waiting(): number;
  isIdle(): boolean;
};

export const createSemaphore = (maxRunning: number): Semaphore => {
  const queue: (() => void)[] = [];
  let running = 0;
  const start = async <T>(action: () => Promise<T>): Promise<T> => {
    try {
      return await action();
    } finally {
      // The next action takes over this permit, so `running` does not change, and starts immediately: an action that arrives
      // now must not start before it.
      const next = queue.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
  return {
    run: (action) => {
      if (running >= maxRunning) return new Promise((resolve) => queue.push(() => resolve(start(action))));
      running += 1;
      return start(action);
    },
    waiting: () => queue.length,
    isIdle: () => running === 0,
  };
};

/** A semaphore for each key, such as a tenant. Unused ones are dropped. */
export type Semaphores<Key> = {
  run<T>(key: Key, action: () => Promise<T>): Promise<T>;
  /** Number of a key's waiting actions. */
  waiting(key: Key): number;
};

export const createSemaphores = <Key>(maxRunning: number): Semaphores<Key> => {
  const byKey = new Map<Key, Semaphore>();
  return {
    run: async (key, action) => {
      const own = byKey.get(key) ?? createSemaphore(maxRunning);
      byKey.set(key, own);
      try {
        return await own.run(action);
      } finally {
        // An action that began in between may have created another semaphore for the key.
        if (own.isIdle() && byKey.get(key) === own) byKey.delete(key);
      }
    },
    waiting: (key) => byKey.get(key)?.waiting() ?? 0,
  };
};

/** The tenant of an action, and the target that it calls. */
type Caller = { readonly tenant: string; readonly target: string };

/**
 * Limits simultaneous actions. Tenants and targets share the capacity like that for calls (ADR 13), so a tenant with hanging
 * actions leaves capacity to the others. Waiting tenants are served in rotation.
 */
export type FairSemaphore = { run<T>(caller: Caller, action: () => Promise<T>): Promise<T> };

type Options = {
  /** Maximum simultaneous actions: in total, and to one target. */
  readonly count: number;
  readonly countPerTarget: number;
  readonly clock: Clock;
};

export const createFairSemaphore = (options: Options): FairSemaphore => {
  const places = createFairCapacity({ ...options, maxAhead: 0 });
  const waiting = createFairQueue<(ticket: Permit) => void>(places);

  const serve = (): void => {
    waiting.serve((start, flow) => {
      const ticket = places.admit(flow);
      if (ticket !== undefined) start(ticket);
      return ticket;
    });
  };

  return {
    run: async ({ tenant, target }, action) => {
      const { promise, resolve } = Promise.withResolvers<Permit>();
      waiting.add(resolve, places.flowOf(tenant, target));
      serve();
      const ticket = await promise;
      try {
        return await action();
      } finally {
        places.end(ticket);
        serve();
      }
    },
  };
};
