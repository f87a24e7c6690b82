import type { ResolveFor } from '../../domain/targets/index.ts';
import type { Clock } from '../../runtime/world.ts';

/** Returns addresses at once if they are cached. */
export type CachedResolve = (hostname: string, tenant: string) => readonly string[] | Promise<readonly string[]>;

const KEPT_NAMES = 5_000;

/**
 * Caches addresses for `keepMs`, for all tenants, and makes one look-up for calls of a tenant that ask for the same
 * name at the same time. Failures are not cached. A stale address is harmless: a call connects to the address that was
 * judged.
 */
export const cachedResolve = (resolveFor: ResolveFor, clock: Clock, keepMs: number): CachedResolve => {
  const known = new Map<string, { readonly untilMs: number; readonly addresses: readonly string[] }>();
  const asked = new Map<string, Promise<readonly string[]>>();
  const ask = async (hostname: string, tenant: string): Promise<readonly string[]> => {
    try {
      const addresses = [...new Set(await resolveFor(tenant)(hostname))].sort();
      if (known.size >= KEPT_NAMES) known.clear();
      known.set(hostname, { untilMs: clock.monotonic() + keepMs, addresses });
      return addresses;
    } finally {
      asked.delete(keyOf(hostname, tenant));
    }
  };
  return (hostname, tenant) => {
    const answer = known.get(hostname);
    if (answer !== undefined && clock.monotonic() < answer.untilMs) return answer.addresses;
    const key = keyOf(hostname, tenant);
    const pending = asked.get(key) ?? ask(hostname, tenant);
    asked.set(key, pending);
    return pending;
  };
};

/** A hostname has no blank. */
const keyOf = (hostname: string, tenant: string): string => `${hostname} ${tenant}`;
