import type { Resolve, ResolveFor } from '../domain/targets/index.ts';
import { createSemaphores } from '../runtime/semaphore.ts';
import { awaitWithin } from '../runtime/within.ts';
import type { Timers } from '../runtime/world.ts';
import { NameUnresolved } from './resolver.ts';

/** Lookups of one tenant that may wait; further ones are refused. */
const MAX_WAITING = 1_000;

/**
 * Limits how many lookups each tenant has under way; further ones of that tenant wait. So a tenant whose name servers
 * are silent delays nobody else.
 * @throws NameUnresolved from a lookup, also when too many of its tenant are waiting
 */
export const limitPerTenant = (resolve: Resolve, maxUnderWay: number): ResolveFor => {
  const shares = createSemaphores<string>(maxUnderWay);
  return (tenant) => async (hostname) => {
    if (shares.waiting(tenant) >= MAX_WAITING) throw new NameUnresolved(hostname, 'too many names are asked for');
    return shares.run(tenant, () => resolve(hostname));
  };
};

/** Limits each lookup to `limitMs`. A lookup that takes longer resolves to no address. */
export const resolveWithin =
  (timers: Timers, limitMs: number, resolveFor: ResolveFor): ResolveFor =>
  (tenant) =>
  async (hostname) =>
    (await awaitWithin(timers, limitMs, resolveFor(tenant)(hostname))) ?? [];
