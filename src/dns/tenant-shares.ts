import type { Resolve, ResolveFor } from '../domain/targets/index.ts';
import { NameUnresolved } from './errors.ts';

/** Of one tenant; a further one is not asked for. */
const MOST_WAITING = 1_000;

type Share = { underWay: number; readonly waiting: (() => void)[] };

/**
 * Lets each tenant have so many names asked for at once. Its further ones wait for these, so that names of one tenant
 * whose servers are silent hold up nobody else's.
 * @throws NameUnresolved, beside what the resolver throws, where too many wait already
 */
export const shareOut = (resolve: Resolve, mostUnderWay: number): ResolveFor => {
  const shares = new Map<string, Share>();

  const enter = async (tenant: string, hostname: string): Promise<Share> => {
    const share = shares.get(tenant) ?? { underWay: 0, waiting: [] };
    shares.set(tenant, share);
    if (share.underWay < mostUnderWay) share.underWay += 1;
    else if (share.waiting.length >= MOST_WAITING) throw new NameUnresolved(hostname, 'too many names are asked for');
    else await new Promise<void>((resolve) => share.waiting.push(resolve));
    return share;
  };
  const leave = (tenant: string, share: Share): void => {
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
