import type { Duplex } from 'node:stream';
import { buildConnector, Pool } from 'undici';
import { EgressProxyFailed } from './errors.ts';
import type { ClientTls } from './port.ts';

type Socket = NonNullable<buildConnector.Options['httpSocket']>;

/** Connects to targets through an HTTP proxy. */
export type Tunnels = {
  /** Makes what connects to the first of these addresses that the proxy reaches. */
  connectorTo(addresses: readonly string[], tls: ClientTls | undefined): buildConnector.connector;
  close(): Promise<void>;
};

const CONNECT_TIMEOUT_MS = 10_000;
const DEFAULT_PORTS: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' };

/**
 * Opens a tunnel through the proxy for each connection, by CONNECT to the address and not to the name: so the proxy
 * looks nothing up, and the address that was judged is the one that is called. TLS to the target goes through the tunnel
 * and is checked against the target's name.
 * @param proxyUrl `http:` or `https:`, with user name and password if the proxy requires these
 */
export const createTunnels = (proxyUrl: string): Tunnels => {
  const { origin, username, password } = new URL(proxyUrl);
  const proxy = new Pool(origin, {
    pipelining: 1,
    allowH2: false,
    headersTimeout: CONNECT_TIMEOUT_MS,
    connect: { timeout: CONNECT_TIMEOUT_MS },
  });
  const tlsConnector = (tls: ClientTls | undefined) =>
    buildConnector({ ...tlsOptions(tls), timeout: CONNECT_TIMEOUT_MS, allowH2: false });
  const connectTls = tlsConnector(undefined);
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  const headers =
    username === '' ? {} : { 'proxy-authorization': `Basic ${Buffer.from(credentials).toString('base64')}` };

  const openTo = async (host: string): Promise<Socket> => {
    const { socket, statusCode } = await proxy
      .connect({ path: host, headers: { ...headers, host } })
      .catch((cause) => Promise.reject(new EgressProxyFailed('could not be reached', cause)));
    if (statusCode >= 200 && statusCode < 300 && isSocket(socket)) return socket;
    socket.on('error', () => {}).destroy();
    throw new EgressProxyFailed(`responded with status ${statusCode} to the request for a connection to the target`);
  };

  const openFirst = async (hosts: readonly string[]): Promise<Socket> => {
    let failure: unknown;
    for (const host of hosts) {
      try {
        return await openTo(host);
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  };

  return {
    connectorTo: (addresses, tls) => {
      const connectOver = tls === undefined ? connectTls : tlsConnector(tls);
      return (target, done) => {
        const port = target.port || DEFAULT_PORTS[target.protocol];
        const hosts = addresses.map((address) => `${address.includes(':') ? `[${address}]` : address}:${port}`);
        openFirst(hosts).then(
          (socket) => {
            if (target.protocol === 'https:') connectOver({ ...target, httpSocket: socket }, done);
            else done(null, socket);
          },
          (error) => done(error, null),
        );
      };
    },
    close: () => proxy.destroy(),
  };
};

const isSocket = (stream: Duplex): stream is Socket => 'setNoDelay' in stream;

/** As Node's `tls.connect` takes it. */
export const tlsOptions = ({ ca, cert, key }: Partial<ClientTls> = {}): Omit<ClientTls, 'id'> => ({
  ...(ca === undefined ? {} : { ca }),
  ...(cert === undefined ? {} : { cert }),
  ...(key === undefined ? {} : { key }),
});
