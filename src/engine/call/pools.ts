import ipaddr from 'ipaddr.js';
import { Pool } from 'undici';
import { isPublicAddress } from '../../domain/targets/index.ts';
import type { ClientTls } from './port.ts';
import { tlsOptions } from './tls-options.ts';
import type { Tunnels } from './tunnels.ts';

export type TargetPoolOptions = {
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
export const pinnedPool = (
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
