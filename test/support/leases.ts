import type { Leases } from '../../src/runtime/leased-work.ts';

/** Leases of processes over one Postgres. */
export const createLeases = () => {
  const held = new Map<string, AbortController>();
  const leases: Leases = {
    tryTake: async (name) => {
      if (held.has(name)) return undefined;
      const losing = new AbortController();
      held.set(name, losing);
      return { lost: losing.signal, release: async () => void held.delete(name) };
    },
  };
  /** Like a vanished process: the server closes its connections. */
  const loseAll = (): void => {
    for (const losing of held.values()) losing.abort();
    held.clear();
  };
  return { leases, loseAll, taken: () => [...held.keys()] };
};
