import ipaddr from 'ipaddr.js';
import type { Pool } from 'undici';
import { judgeAddresses, judgeUrl, type TargetPolicy } from '../../domain/targets/index.ts';
import { NameNotFound } from './errors.ts';
import { pinnedPool, type TargetPoolOptions } from './pools.ts';
import type { ClientTls } from './port.ts';
import type { CachedResolve } from './resolver.ts';

export type TargetUse = { readonly tenant: string; readonly tls: ClientTls | undefined };

export type Targets = {
  /**
   * Gives a pool of connections to an address of the URL's host that the target policy allows.
   * @throws TargetRefused, NameNotFound, and the resolver's errors
   */
  open(url: URL, use: TargetUse): Pool | Promise<Pool>;
  close(): Promise<void>;
};

const KEPT_POOLS = 2_000;

/** The host if it is an IP address and no name. */
const literal = ({ hostname }: URL): string | undefined => {
  const host = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
  return ipaddr.isValid(host) ? host : undefined;
};

/**
 * Keeps pools of connections by origin and addresses. The policy does not change while the process runs, so an existing
 * pool need not be judged again.
 */
export const openTargets = (
  judge: { readonly policy: TargetPolicy; readonly resolve: CachedResolve },
  options: TargetPoolOptions,
): Targets => {
  const pools = new Map<string, Pool>();
  const passed = new Map<string, readonly string[] | undefined>();

  const forgetOldest = (): void => {
    for (const [key, pool] of pools) {
      pools.delete(key);
      // Calls under way end normally.
      void pool.close();
      return;
    }
  };

  const poolAt = (url: URL, addresses: readonly string[], tls: ClientTls | undefined): Pool => {
    if (addresses.length === 0) throw new NameNotFound(url.hostname);
    const key = `${url.origin} ${addresses.join(' ')} ${tls?.id ?? ''}`;
    const open = pools.get(key);
    if (open !== undefined) return open;
    const refusal = judgeAddresses(url, addresses, judge.policy);
    if (refusal !== undefined) throw refusal;
    if (pools.size >= KEPT_POOLS) forgetOldest();
    const pool = pinnedPool(url.origin, addresses, { ...options, tls });
    pools.set(key, pool);
    return pool;
  };

  /** Judges the URL. @returns the address if the host is one, undefined if it is a name to resolve */
  const passName = (url: URL): readonly string[] | undefined => {
    const isPlain = url.username === '' && url.password === '';
    if (isPlain && passed.has(url.origin)) return passed.get(url.origin);
    const judgement = judgeUrl(url, judge.policy);
    if (judgement.verdict === 'refused') throw judgement.refusal;
    const address = literal(url);
    const addresses = address === undefined ? undefined : [address];
    if (passed.size >= KEPT_POOLS) passed.clear();
    passed.set(url.origin, addresses);
    return addresses;
  };

  return {
    open(url, { tenant, tls }) {
      const addresses = passName(url) ?? judge.resolve(url.hostname, tenant);
      return addresses instanceof Promise
        ? addresses.then((found) => poolAt(url, found, tls))
        : poolAt(url, addresses, tls);
    },
    async close() {
      const open = [...pools.values()];
      pools.clear();
      await Promise.all(open.map((pool) => pool.destroy()));
    },
  };
};
