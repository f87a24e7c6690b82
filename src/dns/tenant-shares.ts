import type { Resolve, ResolveFor } from '../domain/targets/index.ts';
import { createSemaphore, type Semaphore } from '../semaphore.ts';
import { NameUnresolved } from './errors.ts';

/** Lookups of one tenant that may wait; further ones are refused. */
const MAX_WAITING = 1_000;

/**
 * Limits how many lookups each tenant has under way; further ones of that tenant wait. So a tenant whose name servers
 * are silent delays nobody else.
 * @throws NameUnresolved from a lookup, also when too many of its tenant are waiting
 */
export const limitPerTenant = (resolve: Resolve, maxUnderWay: number): ResolveFor => {
  const shares = new Map<string, Semaphore>();
  return (tenant) => async (hostname) => {
    const share = shares.get(tenant) ?? createSemaphore(maxUnderWay);
    if (share.waiting() >= MAX_WAITING) throw new NameUnresolved(hostname, 'too many names are asked for');
    shares.set(tenant, share);
    try {
      return await share.run(() => resolve(hostname));
    } finally {
      // A lookup that began in between may have made another share for the tenant.
      if (share.isIdle() && shares.get(tenant) === share) shares.delete(tenant);
    }
  };
};
