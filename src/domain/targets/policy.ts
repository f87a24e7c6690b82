import { isDeepStrictEqual } from 'node:util';
import ipaddr from 'ipaddr.js';
import { rejectFields } from '../domain-error.ts';
import {
  type AllowedTargets,
  type AllowedTargetsEvent,
  type ChangeAuthor,
  changedBy,
  type EventOf,
} from '../events/index.ts';
import { TargetRejected } from './target-url.ts';

export type Address = ipaddr.IPv4 | ipaddr.IPv6;
type SpecialRange = { readonly rule: string; readonly cidr: string };
type Row = SpecialRange & { readonly range: readonly [Address, number] };

const rows = (list: readonly (readonly [rule: string, cidrs: readonly string[]])[]): readonly Row[] =>
  list.flatMap(([rule, cidrs]) => cidrs.map((cidr) => ({ rule, cidr, range: ipaddr.parseCIDR(cidr) })));

/** The IANA IPv4 Special-Purpose Address Registry, with the ranges that are for multicast, deprecated or reserved. */
const IPV4 = rows([
  ['this-network', ['0.0.0.0/8']],
  ['private-address', ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16']],
  ['carrier-grade-nat', ['100.64.0.0/10']],
  ['loopback', ['127.0.0.0/8']],
  ['link-local', ['169.254.0.0/16']],
  ['ietf-protocol', ['192.0.0.0/24']],
  ['documentation', ['192.0.2.0/24', '198.51.100.0/24', '203.0.113.0/24']],
  ['as112', ['192.31.196.0/24', '192.175.48.0/24']],
  ['amt', ['192.52.193.0/24']],
  ['6to4', ['192.88.99.0/24']],
  ['benchmarking', ['198.18.0.0/15']],
  ['multicast', ['224.0.0.0/4']],
  ['broadcast', ['255.255.255.255/32']],
  ['reserved-address', ['240.0.0.0/4']],
]);

/** The IANA IPv6 Special-Purpose Address Registry. The last rows cover all but global unicast addresses (2000::/3). */
const IPV6 = rows([
  ['unspecified', ['::/128']],
  ['loopback', ['::1/128']],
  ['ipv4-mapped', ['::ffff:0:0/96']],
  ['ipv4-translated', ['::ffff:0:0:0/96']],
  ['ipv4-compatible', ['::/96']],
  ['nat64', ['64:ff9b::/96', '64:ff9b:1::/48']],
  ['discard', ['100::/64', '100:0:0:1::/64']],
  ['teredo', ['2001::/32']],
  ['benchmarking', ['2001:2::/48']],
  ['amt', ['2001:3::/32']],
  ['as112', ['2001:4:112::/48', '2620:4f:8000::/48']],
  ['orchid', ['2001:10::/28', '2001:20::/28']],
  ['drone-remote-id', ['2001:30::/28']],
  ['ietf-protocol', ['2001::/23']],
  ['documentation', ['2001:db8::/32', '3fff::/20']],
  ['6to4', ['2002::/16']],
  ['segment-routing', ['5f00::/16']],
  ['unique-local', ['fc00::/7']],
  ['link-local', ['fe80::/10']],
  ['site-local', ['fec0::/10']],
  ['multicast', ['ff00::/8']],
  ['reserved-address', ['::/3', '4000::/2', '8000::/1']],
]);

export const inRange = (address: Address, [base, bits]: readonly [Address, number]): boolean =>
  address.kind() === base.kind() && address.match(base, bits);

/** The special-purpose range that an address is in; undefined for a public address. */
export const specialRangeOf = (address: Address): SpecialRange | undefined =>
  (address.kind() === 'ipv4' ? IPV4 : IPV6).find(({ range }) => inRange(address, range));

/** Services of clouds for their machines, some with credentials. Only an entry with the exact address allows one. */
const ADDRESSES = new Set(
  [
    '169.254.169.254', // AWS, Azure, Google, DigitalOcean, Hetzner, IBM, OpenStack, Oracle
    '169.254.169.253', // AWS resolver
    '169.254.169.250', // AWS license activation
    '169.254.169.123', // AWS time
    '169.254.170.2', // AWS container credentials
    '169.254.170.23', // AWS pod identity
    '169.254.42.42', // Scaleway
    '169.254.0.23', // Tencent
    '168.63.129.16', // Azure host
    '100.100.100.200', // Alibaba
    '192.0.0.192', // Oracle, classic
    'fd00:ec2::254',
    'fd00:ec2::253',
    'fd00:ec2::23',
    'fd20:ce::254', // Google
    'fd00:42::42', // Scaleway
    'fd00:c1::a9fe:a9fe', // Oracle
    'fe80::a9fe:a9fe', // OpenStack
  ].map((address) => ipaddr.parse(address).toNormalizedString()),
);

const NAMES = new Set([
  'metadata',
  'metadata.google.internal',
  'metadata.goog',
  'metadata.azure.internal',
  'metadata.azure.com',
  'metadata.tencentyun.com',
  'metadata.oraclecloud.com',
  'metadata.platformequinix.com',
  'metadata.packet.net',
  'instance-data',
  'instance-data.ec2.internal',
  'rancher-metadata',
  'api.metadata.cloud.ibm.com',
]);

const LAST_FOUR = ['::ffff:0:0/96', '::/96', '::ffff:0:0:0/96', '64:ff9b::/96'].map((cidr) => ipaddr.parseCIDR(cidr));
const SIX_TO_FOUR = ipaddr.parseCIDR('2002::/16');

/** The IPv4 address embedded in an IPv6 address; undefined if there is none. */
const embedded = (address: Address): Address | undefined => {
  if (address.kind() === 'ipv4') return undefined;
  const bytes = address.toByteArray();
  if (LAST_FOUR.some((range) => inRange(address, range))) return ipaddr.fromByteArray(bytes.slice(12));
  if (inRange(address, SIX_TO_FOUR)) return ipaddr.fromByteArray(bytes.slice(2, 6));
  return undefined;
};

const isListed = (address: Address | undefined): boolean =>
  address !== undefined && ADDRESSES.has(address.toNormalizedString());

export const isMetadataAddress = (address: Address): boolean => isListed(address) || isListed(embedded(address));
export const isMetadataName = (name: string): boolean => NAMES.has(name);

/** The list after an event; `undefined` if the setting applies. */
export const evolveAllowedTargets = (event: AllowedTargetsEvent): AllowedTargets | undefined =>
  event.type === 'AllowedTargetsSet' ? event.data : undefined;

/**
 * Sets the list of allowed targets; records nothing if it is the same.
 * @throws DomainError BAD_INPUT naming each invalid entry
 */
export const decideSetAllowedTargets = (
  { targets: given, tenant, actor }: ChangeAuthor & { readonly targets: readonly string[] },
  existing: AllowedTargets | undefined,
  nowMs: number,
): EventOf<'AllowedTargetsSet'>[] => {
  const targets = [...new Set(given.map((entry) => entry.toLowerCase()))];
  rejectInvalid(given);
  if (isDeepStrictEqual(existing?.targets, targets)) return [];
  return [{ type: 'AllowedTargetsSet', data: { tenant, targets, ...changedBy(actor, nowMs) } }];
};

/** Lets the setting apply again; records nothing if it does. */
export const decideResetAllowedTargets = (
  { tenant, actor }: ChangeAuthor,
  existing: AllowedTargets | undefined,
  nowMs: number,
): EventOf<'AllowedTargetsReset'>[] =>
  existing === undefined
    ? []
    : [{ type: 'AllowedTargetsReset', data: { ...existing, tenant, ...changedBy(actor, nowMs) } }];

const rejectInvalid = (targets: readonly string[]): void => {
  const errors = targets.flatMap((entry, place) => {
    try {
      parseTargetEntries([entry]);
      return [];
    } catch (error) {
      if (error instanceof BadTargetEntry) return [{ pointer: `/targets/${place}`, message: error.message }];
      throw error;
    }
  });
  if (errors.length > 0) throw rejectFields('BAD_INPUT', errors);
};

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
