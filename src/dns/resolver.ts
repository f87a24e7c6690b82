import { Resolver } from 'node:dns/promises';
import { readFileSync, statSync } from 'node:fs';
import { isIP } from 'node:net';
import type { ExecutionErrorCode } from '../domain/codes/execution-error-codes.ts';
import type { Resolve, ResolveFor } from '../domain/targets/judge-url.ts';
import type { Clock, Timers } from '../runtime/runtime.ts';
import { createSemaphores } from '../runtime/semaphore.ts';
import { awaitWithTimeout } from '../runtime/timeout.ts';

/** No server responded. A retry may succeed. */
class NameUnresolved extends Error {
  override readonly name = 'NameUnresolved';
  readonly code = 'EAI_AGAIN' satisfies ExecutionErrorCode;
  constructor(hostname: string, cause: unknown) {
    super(`${hostname} could not be resolved: its name server failed or did not respond`, { cause });
  }
}

type ResolverOptions = {
  readonly clock: Clock;
  /** How long one query to one server may take, ms. A query that takes longer is sent once more. */
  readonly timeoutMs: number;
  readonly hostsFile?: string;
  readonly resolvConf?: string;
  /** Name servers as `address:port`; by default those of the system. */
  readonly servers?: readonly string[];
};

export type NameResolver = {
  /**
   * Resolves a name to all its A and AAAA addresses; none if the name does not exist.
   * @throws NameUnresolved if no server responds
   */
  readonly resolve: Resolve;
  /** Cancels all queries. */
  close(): void;
};

const TRIES = 2;
const LOOPBACK = ['127.0.0.1', '::1'] as const;

/**
 * Creates a resolver that follows the rules of the system (hosts file, search list, DNS) but can be cancelled.
 * `getaddrinfo` can't: while a server is silent, each lookup blocks one of the four threads of libuv's pool.
 */
export const createResolver = (options: ResolverOptions): NameResolver => {
  const { clock, timeoutMs, hostsFile = systemFile('hosts'), resolvConf = '/etc/resolv.conf' } = options;
  const hosts = parsedFile(hostsFile, { parse: parseHosts, clock });
  let current: Resolver | undefined;
  // The library reads the servers only when a Resolver is created, so a changed file needs a new one.
  const resolution = parsedFile(resolvConf, {
    parse: (text) => {
      current = new Resolver({ timeout: timeoutMs, maxTimeout: timeoutMs, tries: TRIES });
      if (options.servers !== undefined) current.setServers(options.servers);
      return { ...parseResolvConf(text), resolver: current };
    },
    clock,
  });

  return {
    resolve: async (hostname) => {
      const name = hostname.toLowerCase();
      const local = hosts().get(name.replace(/\.$/, '')) ?? loopback(name);
      if (local !== undefined) return local;
      const { resolver, ...rules } = resolution();
      for (const candidate of candidatesFor(name, rules)) {
        const addresses = await addressesOf(candidate, resolver);
        if (addresses.length > 0) return addresses;
      }
      return [];
    },
    close: () => current?.cancel(),
  };
};

/** Names below `localhost` are never sent to a server (RFC 6761, 6.3). */
const loopback = (name: string): readonly string[] | undefined =>
  /(?:^|\.)localhost\.?$/.test(name) ? LOOPBACK : undefined;

const systemFile = (name: string): string =>
  process.platform === 'win32'
    ? `${process.env.SystemRoot ?? 'C:\\Windows'}\\System32\\drivers\\etc\\${name}`
    : `/etc/${name}`;

/** Queries IPv4 and IPv6 together. A failure of one is ignored if the other has an address. */
const addressesOf = async (name: string, resolver: Resolver): Promise<readonly string[]> => {
  const found = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)]);
  const addresses = found.flatMap((each) => (each.status === 'fulfilled' ? each.value : []));
  if (addresses.length > 0) return addresses;
  for (const each of found)
    if (each.status === 'rejected' && !isAbsent(each.reason)) throw new NameUnresolved(name, each.reason);
  return [];
};

/** Error codes for: no such name, a name without addresses, an invalid name. */
const ABSENT = new Set(['ENOTFOUND', 'ENODATA', 'EBADNAME', 'EBADQUERY', 'EINVAL', 'ERR_INVALID_ARG_VALUE']);
const isAbsent = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' && ABSENT.has(error.code);

/** How long a parsed file is used before it is checked for changes. */
const CHECK_INTERVAL_MS = 5_000;

/**
 * Returns a function that gives the parsed content of a small file and reads it again after it changed. A file that
 * can't be read counts as empty. Reading is synchronous, because the threads for asynchronous reading may all be
 * blocked by name lookups.
 */
const parsedFile = <T>(file: string, { parse, clock }: { parse: (text: string) => T; clock: Clock }) => {
  let cached: { readonly value: T; readonly changedMs: number } | undefined;
  let checkedMs = Number.NEGATIVE_INFINITY;
  return (): T => {
    if (cached !== undefined && clock.monotonic() - checkedMs < CHECK_INTERVAL_MS) return cached.value;
    checkedMs = clock.monotonic();
    const changedMs = statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    if (cached?.changedMs !== changedMs) cached = { value: parse(textOf(file)), changedMs };
    return cached.value;
  };
};

const textOf = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
};

/** Parses a file such as `/etc/hosts` into addresses by lower-case name. Invalid lines are ignored. */
export const parseHosts = (text: string): ReadonlyMap<string, readonly string[]> => {
  const hosts = new Map<string, string[]>();
  for (const line of text.split(/\r?\n/)) {
    const [address, ...names] = (line.split('#', 1)[0] ?? '').trim().split(/\s+/);
    if (address === undefined || isIP(address) === 0) continue;
    for (const name of names.map((each) => each.toLowerCase())) hosts.set(name, [...(hosts.get(name) ?? []), address]);
  }
  return hosts;
};

type ResolvConf = {
  /** Domains appended to a short name, in the order in which they are tried. */
  readonly search: readonly string[];
  /** A name with at least this many dots is tried without a domain first. */
  readonly ndots: number;
};

const MAX_SEARCHED = 6;
const MAX_DOTS = 15;

/**
 * Parses the rules for names in `/etc/resolv.conf`, as resolv.conf(5) defines them. The library reads the servers
 * itself.
 */
export const parseResolvConf = (text: string): ResolvConf => {
  let search: readonly string[] = [];
  let ndots = 1;
  for (const line of text.split(/\r?\n/)) {
    const [keyword, ...values] = (line.split(/[#;]/, 1)[0] ?? '').trim().split(/\s+/);
    // If both keywords occur, the last one counts.
    if (keyword === 'search') search = values.slice(0, MAX_SEARCHED);
    if (keyword === 'domain') search = values.slice(0, 1);
    if (keyword !== 'options') continue;
    for (const value of values) {
      const [, dots] = /^ndots:(\d{1,3})$/.exec(value) ?? [];
      if (dots !== undefined) ndots = Math.min(Number(dots), MAX_DOTS);
    }
  }
  return { search: search.map((domain) => domain.replace(/^\.|\.$/g, '')).filter((domain) => domain !== ''), ndots };
};

/** Lists the candidate full names for a name, in the order in which to query them. */
export const candidatesFor = (name: string, { search, ndots }: ResolvConf): readonly string[] => {
  if (name.endsWith('.')) return [name.slice(0, -1)];
  const searched = search.map((domain) => `${name}.${domain}`);
  const dots = name.split('.').length - 1;
  return dots >= ndots ? [name, ...searched] : [...searched, name];
};

/** Maximum waiting lookups of a tenant; further ones are rejected. */
const MAX_WAITING = 1_000;

/**
 * Limits simultaneous lookups per tenant; further ones wait. So a tenant with silent name servers delays no other.
 * @throws NameUnresolved from a lookup, also if too many of its tenant are waiting
 */
export const limitPerTenant = (resolve: Resolve, maxUnderWay: number): ResolveFor => {
  const shares = createSemaphores<string>(maxUnderWay);
  return (tenant) => async (hostname) => {
    if (shares.waiting(tenant) >= MAX_WAITING) throw new NameUnresolved(hostname, 'too many names are being resolved');
    return shares.run(tenant, () => resolve(hostname));
  };
};

/** Limits each lookup to `limitMs`. A lookup that takes longer resolves to no address. */
export const resolveWithin =
  (timers: Timers, limitMs: number, resolveFor: ResolveFor): ResolveFor =>
  (tenant) =>
  async (hostname) =>
    (await awaitWithTimeout(timers, limitMs, resolveFor(tenant)(hostname))) ?? [];
