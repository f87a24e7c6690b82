import { Resolver } from 'node:dns/promises';
import type { Resolve } from '../domain/targets/index.ts';
import type { Clock } from '../world.ts';
import { NameUnresolved } from './errors.ts';
import { parseHosts } from './hosts-file.ts';
import { readParsed } from './read-file.ts';
import { candidatesFor, parseResolvConf } from './resolv-conf.ts';

export type ResolverOptions = {
  readonly clock: Clock;
  /** Of one question to one server, ms; after that it is asked once more. */
  readonly timeoutMs: number;
  readonly hostsFile?: string;
  readonly resolvConf?: string;
  /** `address:port`; by default those of the system. */
  readonly servers?: readonly string[];
};

export type NameResolver = {
  /**
   * All A and AAAA addresses of a name; none where there is no such name.
   * @throws NameUnresolved where no server says
   */
  readonly resolve: Resolve;
  /** Gives up every question. */
  close(): void;
};

const TRIES = 2;
const LOOPBACK = ['127.0.0.1', '::1'] as const;

/**
 * Resolves names as the system does, by the hosts file, the search list and DNS, but with an end: `getaddrinfo` holds
 * one of four threads of the process for as long as a silent server lets it, and can't be given up.
 */
export const createResolver = (options: ResolverOptions): NameResolver => {
  const { clock, timeoutMs, hostsFile = systemFile('hosts'), resolvConf = '/etc/resolv.conf' } = options;
  const hosts = readParsed(hostsFile, { parse: parseHosts, clock });
  let asking: Resolver | undefined;
  // What is read anew may name other servers, which the library reads once.
  const names = readParsed(resolvConf, {
    parse: (text) => {
      asking = new Resolver({ timeout: timeoutMs, maxTimeout: timeoutMs, tries: TRIES });
      if (options.servers !== undefined) asking.setServers(options.servers);
      return { ...parseResolvConf(text), resolver: asking };
    },
    clock,
  });

  return {
    resolve: async (hostname) => {
      const name = hostname.toLowerCase();
      const known = hosts().get(name.replace(/\.$/, '')) ?? loopback(name);
      if (known !== undefined) return known;
      const { resolver, ...rules } = names();
      for (const candidate of candidatesFor(name, rules)) {
        const addresses = await addressesOf(candidate, resolver);
        if (addresses.length > 0) return addresses;
      }
      return [];
    },
    close: () => asking?.cancel(),
  };
};

/** RFC 6761, 6.3: never asked of a server. */
const loopback = (name: string): readonly string[] | undefined =>
  /(?:^|\.)localhost\.?$/.test(name) ? LOOPBACK : undefined;

const systemFile = (name: string): string =>
  process.platform === 'win32'
    ? `${process.env.SystemRoot ?? 'C:\\Windows'}\\System32\\drivers\\etc\\${name}`
    : `/etc/${name}`;

/** Both families together: one that fails is no matter where the other has an address. */
const addressesOf = async (name: string, resolver: Resolver): Promise<readonly string[]> => {
  const found = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)]);
  const addresses = found.flatMap((each) => (each.status === 'fulfilled' ? each.value : []));
  if (addresses.length > 0) return addresses;
  for (const each of found)
    if (each.status === 'rejected' && !isAbsent(each.reason)) throw new NameUnresolved(name, each.reason);
  return [];
};

/** There is no such name, no address of it, or what was asked for is no name. */
const ABSENT = new Set(['ENOTFOUND', 'ENODATA', 'EBADNAME', 'EBADQUERY', 'EINVAL', 'ERR_INVALID_ARG_VALUE']);
const isAbsent = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' && ABSENT.has(error.code);
