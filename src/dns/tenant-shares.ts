import type { Resolve, ResolveFor } from '../domain/targets/index.ts';
import { NameUnresolved } from './errors.ts';

/** Lookups of one tenant that may wait; further ones are refused. */
const MAX_WAITING = 1_000;

type TenantShare = { underWay: number; readonly waiting: (() => void)[] };

/**
 * Limits how many lookups each tenant has under way; further ones of that tenant wait. So a tenant whose name servers
 * are silent delays nobody else.
 * @throws NameUnresolved from a lookup, also when too many of its tenant are waiting
 */
export const limitPerTenant = (resolve: Resolve, maxUnderWay: number): ResolveFor => {
  const shares = new Map<string, TenantShare>();

  const enter = async (tenant: string, hostname: string): Promise<TenantShare> => {
    const share = shares.get(tenant) ?? { underWay: 0, waiting: [] };
    shares.set(tenant, share);
    if (share.underWay < maxUnderWay) share.underWay += 1;
    else if (share.waiting.length >= MAX_WAITING) throw new NameUnresolved(hostname, 'too many names are asked for');
    else await new Promise<void>((resolve) => share.waiting.push(resolve));
    return share;
  };
  const leave = (tenant: string, share: TenantShare): void => {
    const next = share.waiting.shift();
    if (next === undefined) share.underWay -= 1;
    else next();
    if (share.underWay === 0) shares.delete(tenant);
  };

  return (tenant) => async (hostname) => {
    const share = await enter(tenant, hostname);
    try {
      return await resolve(hostname);
    } finally {
      leave(tenant, share);
    }
  };
};
