import type { Resolve } from '../../domain/targets/index.ts';
import type { Clock } from '../../world.ts';

/** Answers at once where it knows. */
export type CachedResolve = (hostname: string) => readonly string[] | Promise<readonly string[]>;

const KEPT_NAMES = 5_000;

/**
 * Asks once for a name that many calls want at the same time, and keeps the answer for a moment. A failure isn't kept.
 * That a kept answer may be old by `keepMs` is harmless: what is judged is what is connected to.
 */
export const cachedResolve = (resolve: Resolve, clock: Clock, keepMs: number): CachedResolve => {
  const known = new Map<string, { readonly untilMs: number; readonly addresses: readonly string[] }>();
  const asked = new Map<string, Promise<readonly string[]>>();
  const ask = async (hostname: string): Promise<readonly string[]> => {
    try {
      const addresses = [...new Set(await resolve(hostname))].sort();
      if (known.size >= KEPT_NAMES) known.clear();
      known.set(hostname, { untilMs: clock.monotonic() + keepMs, addresses });
      return addresses;
    } finally {
      asked.delete(hostname);
    }
  };
  return (hostname) => {
    const answer = known.get(hostname);
    if (answer !== undefined && clock.monotonic() < answer.untilMs) return answer.addresses;
    const pending = asked.get(hostname) ?? ask(hostname);
    asked.set(hostname, pending);
    return pending;
  };
};
