import ipaddr from 'ipaddr.js';
import { LRUCache } from 'lru-cache';
import { Pool } from 'undici';
import { isPublicAddress, judgeAddresses, judgeUrl, type ResolveFor } from '../../domain/targets/judge-url.ts';
import type { TargetPolicy } from '../../domain/targets/policy.ts';
import type { Clock } from '../../runtime/runtime.ts';
import { NameNotFound } from './errors.ts';
import type { ClientTls } from './port.ts';
import { type Tunnels, tlsOptions } from './tunnels.ts';

type TargetUse = { readonly tenant: string; readonly tls: ClientTls | undefined };

type Targets = {
  /**
   * Gives a pool of connections to an address of the URL's host that the target policy allows.
   * @throws TargetRejected, NameNotFound, and the resolver's errors
   */
  open(url: URL, use: TargetUse): Pool | Promise<Pool>;
  /** Judges the URL of an open pool again if the policy has changed. @throws TargetRejected */
  recheck(url: string, pool: Pool): void;
  close(): Promise<void>;
};

const KEPT_POOLS = 2_000;

/** The host if it is an IP address and no name. */
const literal = ({ hostname }: URL): string | undefined => {
  const host = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
  return ipaddr.isValid(host) ? host : undefined;
};

/** What was judged by a list of allowed targets: it need not be judged again until there is another list. */
type Judged = { readonly addresses: readonly string[]; by: TargetPolicy['allowed'] };

/** Keeps pools of connections by origin and addresses. */
export const openTargets = (
  judge: { readonly policy: TargetPolicy; readonly resolve: CachedResolve },
  options: TargetPoolOptions,
): Targets => {
  const pools = new LRUCache<string, Pool>({
    max: KEPT_POOLS,
    // Calls in progress end normally.
    dispose: (pool, _key, reason) => {
      if (reason === 'evict') void pool.close();
    },
  });
  const judged = new WeakMap<Pool, Judged>();
  const passed = new LRUCache<string, Judged>({ max: KEPT_POOLS });

  const recheck = (url: string, pool: Pool): void => {
    const known = judged.get(pool);
    const by = judge.policy.allowed;
    if (known?.by === by) return;
    const rejection = judgeAddresses(new URL(url), known?.addresses ?? [], judge.policy);
    if (rejection !== undefined) {
      // Calls in progress end normally.
      for (const [key, open] of pools) if (open === pool) pools.delete(key);
      void pool.close();
      throw rejection;
    }
    if (known !== undefined) known.by = by;
  };

  const poolAt = (url: URL, addresses: readonly string[], tls: ClientTls | undefined): Pool => {
    if (addresses.length === 0) throw new NameNotFound(url.hostname);
    const key = `${url.origin} ${addresses.join(' ')} ${tls?.id ?? ''}`;
    const open = pools.get(key);
    if (open !== undefined) {
      recheck(url.href, open);
      return open;
    }
    const rejection = judgeAddresses(url, addresses, judge.policy);
    if (rejection !== undefined) throw rejection;
    const pool = pinnedPool(url.origin, addresses, { ...options, tls });
    pools.set(key, pool);
    judged.set(pool, { addresses, by: judge.policy.allowed });
    return pool;
  };

  /** Judges the URL. @returns the address if the host is one, nothing if it is a name to resolve */
  const passName = (url: URL): readonly string[] => {
    const isPlain = url.username === '' && url.password === '';
    const before = isPlain ? passed.get(url.origin) : undefined;
    if (before?.by === judge.policy.allowed) return before.addresses;
    const judgement = judgeUrl(url, judge.policy);
    if (judgement.verdict === 'rejected') throw judgement.rejection;
    const address = literal(url);
    const addresses = address === undefined ? [] : [address];
    passed.set(url.origin, { addresses, by: judge.policy.allowed });
    return addresses;
  };

  return {
    open(url, { tenant, tls }) {
      const literals = passName(url);
      const addresses = literals.length > 0 ? literals : judge.resolve(url.hostname, tenant);
      return addresses instanceof Promise
        ? addresses.then((found) => poolAt(url, found, tls))
        : poolAt(url, addresses, tls);
    },
    recheck,
    async close() {
      const open = [...pools.values()];
      pools.clear();
      await Promise.all(open.map((pool) => pool.destroy()));
    },
  };
};

type TargetPoolOptions = {
  /** Limit on connections to one origin at the same time; further calls wait. */
  readonly connectionsPerTarget: number;
  /** Through which public addresses are called; undefined: directly. */
  readonly tunnels?: Tunnels | undefined;
};

const CONNECT_TIMEOUT_MS = 10_000;
const KEEP_ALIVE_MS = 4_000;
const KEEP_ALIVE_MAX_MS = 60_000;
const MAX_HEADER_BYTES = 16_384;

type LookupAddress = { readonly address: string; readonly family: number };

/**
 * Creates a pool that connects an origin only at the given addresses. The name is not resolved again, so a name server
 * cannot change the address after it was judged (DNS rebinding). HTTP/1.1 only, without pipelining.
 */
const pinnedPool = (
  origin: string,
  addresses: readonly string[],
  { tls, ...options }: TargetPoolOptions & { readonly tls: ClientTls | undefined },
): Pool => {
  const publicAddresses = options.tunnels === undefined ? [] : addresses.filter(isPublicAddress);
  const lookupAddresses: LookupAddress[] = addresses.map((address) => ({
    address,
    family: ipaddr.IPv6.isValid(address) ? 6 : 4,
  }));
  const [first] = lookupAddresses;
  return new Pool(origin, {
    connections: options.connectionsPerTarget,
    pipelining: 1,
    allowH2: false,
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveTimeout: KEEP_ALIVE_MS,
    keepAliveMaxTimeout: KEEP_ALIVE_MAX_MS,
    maxHeaderSize: MAX_HEADER_BYTES,
    connect:
      options.tunnels !== undefined && publicAddresses.length > 0
        ? options.tunnels.connectorTo(publicAddresses, tls)
        : {
            ...tlsOptions(tls),
            timeout: CONNECT_TIMEOUT_MS,
            autoSelectFamily: true,
            lookup: (_hostname, { all }, done) => {
              if (all) done(null, lookupAddresses.slice());
              else if (first !== undefined) done(null, first.address, first.family);
            },
          },
  });
};

/** Returns addresses at once if they are cached. */
type CachedResolve = (hostname: string, tenant: string) => readonly string[] | Promise<readonly string[]>;

const KEPT_NAMES = 5_000;

/**
 * Caches addresses for `keepMs`, for all tenants, and makes one look-up for calls of a tenant that look up the same
 * name at the same time. Failures are not cached. A stale address is harmless: a call connects to the address that was
 * judged.
 */
export const cachedResolve = (resolveFor: ResolveFor, clock: Clock, keepMs: number): CachedResolve => {
  const known = new LRUCache<string, { readonly untilMs: number; readonly addresses: readonly string[] }>({
    max: KEPT_NAMES,
  });
  const inProgress = new Map<string, Promise<readonly string[]>>();
  const lookUp = async (hostname: string, tenant: string): Promise<readonly string[]> => {
    try {
      const addresses = [...new Set(await resolveFor(tenant)(hostname))].sort();
      known.set(hostname, { untilMs: clock.monotonic() + keepMs, addresses });
      return addresses;
    } finally {
      inProgress.delete(keyOf(hostname, tenant));
    }
  };
  return (hostname, tenant) => {
    const cached = known.get(hostname);
    if (cached !== undefined && clock.monotonic() < cached.untilMs) return cached.addresses;
    const key = keyOf(hostname, tenant);
    const pending = inProgress.get(key) ?? lookUp(hostname, tenant);
    inProgress.set(key, pending);
    return pending;
  };
};

/** A hostname has no blank. */
const keyOf = (hostname: string, tenant: string): string => `${hostname} ${tenant}`;
