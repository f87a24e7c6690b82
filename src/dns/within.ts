import type { ResolveFor } from '../domain/targets/index.ts';
import type { Timers } from '../world.ts';

/** Limits each lookup to `limitMs`. A lookup that takes longer resolves to no address. */
export const resolveWithin =
  (timers: Timers, limitMs: number, resolveFor: ResolveFor): ResolveFor =>
  (tenant) =>
  async (hostname) => {
    const done = new AbortController();
    try {
      return await Promise.race([resolveFor(tenant)(hostname), timers.sleep(limitMs, done.signal).then(() => [])]);
    } finally {
      done.abort();
    }
  };
