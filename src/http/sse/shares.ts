import { Refusal } from '../../domain/refusal.ts';
import type { Tenant } from '../../domain/values.ts';

/** How many streams may be open at once in this process: in all, for one tenant, and for one user. */
export type StreamShares = { readonly all: number; readonly tenant: number; readonly user: number };

/** The shares keep one tenant, or one user of a tenant, from using up every stream. */
export const STREAM_SHARES: StreamShares = { all: 100, tenant: 40, user: 10 };

export type StreamOwner = { readonly tenant: Tenant; readonly callerId: string | number };

/**
 * Counts the open streams of each tenant and user.
 * @returns a function that counts a new stream and returns the function that counts it out. It throws Refusal
 * TOO_MANY_STREAMS
 */
export const createStreamCount = (most: StreamShares): ((owner: StreamOwner) => () => void) => {
  const open = new Map<string, number>();
  return ({ tenant, callerId }) => {
    const shares = [
      { key: '', most: most.all, whose: 'all of this process' },
      { key: JSON.stringify([tenant]), most: most.tenant, whose: 'the share of the tenant' },
      { key: JSON.stringify([tenant, callerId]), most: most.user, whose: 'the share of the user' },
    ];
    const taken = shares.find((share) => (open.get(share.key) ?? 0) >= share.most);
    if (taken !== undefined) {
      throw new Refusal('TOO_MANY_STREAMS', `${taken.most} streams of events are open already, ${taken.whose}`);
    }
    for (const { key } of shares) open.set(key, (open.get(key) ?? 0) + 1);
    return () => {
      for (const { key } of shares) {
        const left = (open.get(key) ?? 0) - 1;
        if (left > 0) open.set(key, left);
        else open.delete(key);
      }
    };
  };
};
