import { lookup } from 'node:dns/promises';
import type { Resolve } from '../domain/targets/index.ts';
import type { Timers } from '../world.ts';

/** All addresses of a name, as the system's resolver knows them. */
export const systemResolver: Resolve = async (hostname) => {
  const found = await lookup(hostname, { all: true, verbatim: true });
  return found.map(({ address }) => address);
};

/** A resolver that answers nothing where it would take longer. */
export const resolveWithin =
  (timers: Timers, limitMs: number, resolve: Resolve): Resolve =>
  async (hostname) => {
    const done = new AbortController();
    try {
      return await Promise.race([resolve(hostname), timers.sleep(limitMs, done.signal).then(() => [])]);
    } finally {
      done.abort();
    }
  };
