import ipaddr from 'ipaddr.js';
import { TargetRejected } from './rejected.ts';
import { type Address, inRange } from './special-ranges.ts';

/** One entry of `ALLOWED_TARGETS` or `INTERNAL_HOSTS`. Without a port it covers all ports. */
type TargetEntry = { readonly port: number | undefined } & (
  | { readonly kind: 'name'; readonly name: string }
  /** All names under a domain but not the domain itself; `suffix` begins with a dot. */
  | { readonly kind: 'suffix'; readonly suffix: string }
  | { readonly kind: 'range'; readonly range: readonly [Address, number]; readonly isSingle: boolean }
);

export class BadTargetEntry extends Error {
  override readonly name = 'BadTargetEntry';
  readonly code = 'BAD_SETTING';
  constructor(entry: string, why: string) {
    super(`${JSON.stringify(entry)} ${why}`);
  }
}

const HOST_AND_PORT = /^(\[[^\]]*\]|[^:[\]]*)(?::(\d{1,5}))?$/;
const MAX_PORT = 65_535;
const NAME = /^[\p{L}\p{N}_]([\p{L}\p{N}\p{M}_.-]*[\p{L}\p{N}_])?$/u;

const single = (address: Address): readonly [Address, number] => [address, address.kind() === 'ipv4' ? 32 : 128];

const normalName = (name: string): string | undefined => {
  const url = NAME.test(name) ? URL.parse(`http://${name}/`) : null;
  return url === null ? undefined : url.hostname;
};

const hostEntry = (host: string, port: number | undefined): TargetEntry | undefined => {
  const literal = host.startsWith('[') ? host.slice(1, -1) : host;
  if (host.startsWith('[') && !ipaddr.IPv6.isValid(literal)) return undefined;
  if (ipaddr.IPv6.isValid(literal))
    return { kind: 'range', range: single(ipaddr.parse(literal)), isSingle: true, port };
  const dotted = host.startsWith('*.') ? host.slice(1) : host;
  const name = normalName(dotted.startsWith('.') ? dotted.slice(1) : dotted);
  if (name === undefined) return undefined;
  if (dotted.startsWith('.')) return { kind: 'suffix', suffix: `.${name}`, port };
  if (ipaddr.IPv4.isValidFourPartDecimal(name)) {
    return { kind: 'range', range: single(ipaddr.parse(name)), isSingle: true, port };
  }
  return { kind: 'name', name, port };
};

const parseEntry = (entry: string): TargetEntry => {
  if (entry.includes('://')) throw new BadTargetEntry(entry, 'is a URL: write host or host:port');
  if (entry.includes('/')) {
    if (!ipaddr.isValidCIDR(entry)) throw new BadTargetEntry(entry, 'is not a CIDR such as 10.0.0.0/8 or fd00::/8');
    return { kind: 'range', range: ipaddr.parseCIDR(entry), isSingle: false, port: undefined };
  }
  if (ipaddr.IPv6.isValid(entry)) {
    return { kind: 'range', range: single(ipaddr.parse(entry)), isSingle: true, port: undefined };
  }
  const [, host = '', digits] = HOST_AND_PORT.exec(entry) ?? [];
  const port = digits === undefined ? undefined : Number(digits);
  if (port !== undefined && (port < 1 || port > MAX_PORT)) throw new BadTargetEntry(entry, 'has no valid port');
  const parsed = hostEntry(host, port);
  if (parsed !== undefined) return parsed;
  throw new BadTargetEntry(entry, 'is not a host, host:port, *.suffix, address, address:port or CIDR');
};

/** Parses the entries of `ALLOWED_TARGETS` or `INTERNAL_HOSTS`. @throws BadTargetEntry with the entry and what is wrong */
export const parseTargetEntries = (entries: readonly string[]): TargetEntry[] =>
  entries.map((entry) => parseEntry(entry.toLowerCase()));

const portMatches = (entry: TargetEntry, port: number): boolean => entry.port === undefined || entry.port === port;

export const namesExactly = (entry: TargetEntry, name: string, port: number): boolean =>
  entry.kind === 'name' && entry.name === name && portMatches(entry, port);

export const namesHost = (entry: TargetEntry, name: string, port: number): boolean =>
  namesExactly(entry, name, port) ||
  (entry.kind === 'suffix' && name.endsWith(entry.suffix) && name !== entry.suffix && portMatches(entry, port));

export const coversAddress = (entry: TargetEntry, address: Address, port: number): boolean =>
  entry.kind === 'range' && inRange(address, entry.range) && portMatches(entry, port);

/** Allowed ports, both ends included. */
type PortRange = { readonly first: number; readonly last: number };

/** Parses the entries of `TARGET_PORTS`. @throws BadTargetEntry with the entry and what is wrong */
export const parsePortRanges = (entries: readonly string[]): PortRange[] =>
  entries.map((entry) => {
    const [, from, to = from] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(entry) ?? [];
    const range = { first: Number(from), last: Number(to) };
    if (range.first >= 1 && range.first <= range.last && range.last <= MAX_PORT) return range;
    throw new BadTargetEntry(entry, `is not a port from 1 to ${MAX_PORT} or a range such as 8000-8999`);
  });

/** Why a port can't be called; `undefined` if it can. Without `ports`, every port can. */
export const judgePort = (port: number, ports: readonly PortRange[] | undefined): TargetRejected | undefined =>
  ports === undefined || ports.some(({ first, last }) => first <= port && port <= last)
    ? undefined
    : new TargetRejected({
        rule: 'port',
        why: `port ${port} is not allowed`,
        setting: { name: 'TARGET_PORTS', entry: String(port) },
      });

const entriesOf = (text = ''): string[] => text.split(/[\s,]+/).filter((entry) => entry !== '');

/** The targets that the settings allow. */
export type TargetPolicy = {
  readonly allowed: readonly TargetEntry[];
  /** Only `allowed` targets can be called, not public addresses either. */
  readonly listedOnly: boolean;
  /** `undefined` if every port can be called. */
  readonly ports: readonly PortRange[] | undefined;
  /** Services that must be called through the gateway. */
  readonly internal: readonly TargetEntry[];
  /** Carillon's own public origin, that of the gateway: always allowed. */
  readonly ownOrigin: string | undefined;
};

const ownOriginOf = (publicUrl: string): string => {
  const url = URL.parse(publicUrl);
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new BadTargetEntry(publicUrl, 'is not an http or https URL: see PUBLIC_URL');
  }
  return url.origin;
};

/**
 * Parses `PUBLIC_URL`, and `ALLOWED_TARGETS`, `INTERNAL_HOSTS` and `TARGET_PORTS` with entries separated by
 * commas or white space.
 * @throws BadTargetEntry with the entry and what is wrong with it
 */
export const parseTargetPolicy = (settings: {
  readonly allowedTargets?: string | undefined;
  readonly listedOnly?: boolean | undefined;
  readonly ports?: string | undefined;
  readonly internalHosts?: string | undefined;
  readonly publicUrl?: string | undefined;
}): TargetPolicy => ({
  allowed: parseTargetEntries(entriesOf(settings.allowedTargets)),
  listedOnly: settings.listedOnly ?? false,
  ports: settings.ports === undefined || settings.ports === '' ? undefined : parsePortRanges(entriesOf(settings.ports)),
  internal: parseTargetEntries(entriesOf(settings.internalHosts)),
  ownOrigin:
    settings.publicUrl === undefined || settings.publicUrl === '' ? undefined : ownOriginOf(settings.publicUrl),
});
