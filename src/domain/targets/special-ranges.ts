import ipaddr from 'ipaddr.js';

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
