import ipaddr from 'ipaddr.js';
import { type Address, inRange } from './special-ranges.ts';

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
