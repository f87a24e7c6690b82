import type { Leases } from '../../src/runtime/leased-work.ts';
import type { Machine } from './machine.ts';

/** Longer than Postgres waits for a connection that fell silent. */
const LAPSE_MS = 15_000;

/**
 * The leases of processes. One lapses by itself and its holder does not learn of it, as one that is cut off: two
 * processes may then work at the same operation.
 */
export const createSimulatedLeases = (nowMs: () => number) => {
  const held = new Map<string, { readonly machine: Machine; readonly untilMs: number }>();
  const of = (machine: Machine): Leases => ({
    tryTake: (name) =>
      machine.reach('load', () => {
        const holder = held.get(name);
        if (holder?.machine.alive() && nowMs() < holder.untilMs) return undefined;
        const own = { machine, untilMs: nowMs() + LAPSE_MS };
        held.set(name, own);
        const release = async (): Promise<void> => {
          if (held.get(name) === own) held.delete(name);
        };
        return { lost: new AbortController().signal, release };
      }),
  });
  return { of };
};
