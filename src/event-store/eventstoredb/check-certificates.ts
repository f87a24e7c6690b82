import { once } from 'node:events';
import { isIP } from 'node:net';
import { connect } from 'node:tls';
import {
  type ConnectionOptions,
  parseConnectionString,
} from '@eventstore/db-client/dist/Client/parseConnectionString.js';
import { certificateProblem } from '../../runtime/certificate-problem.ts';
import { contentOf, forClient } from './client.ts';
import { LogUnreachable } from './failures.ts';

/** A host that does not respond in this time is not waited for: the calls of the client find out. */
const TIMEOUT_MS = 2_000;

type Host = ConnectionOptions['hosts'][number];

/**
 * Checks the certificates of the hosts in a connection string, if it requires TLS. The client reports a rejected certificate
 * like a server that is down, and with several hosts not at all. Hosts that don't respond are ignored.
 * @throws LogUnreachable if a host was rejected and none was accepted: waiting does not fix that
 */
export const checkCertificates = async (connectionString: string): Promise<void> => {
  const { tls, tlsCAFile, hosts } = parseConnectionString(forClient(connectionString));
  if (tls === false) return;
  const trusted = contentOf(tlsCAFile) ?? undefined;
  const found = await Promise.all(hosts.map((host) => greet(host, trusted)));
  const rejected = found.find((each) => each instanceof LogUnreachable);
  if (rejected !== undefined && !found.includes('accepted')) throw rejected;
};

const greet = async (
  { address, port }: Host,
  ca: Buffer | undefined,
): Promise<'accepted' | 'silent' | LogUnreachable> => {
  const socket = connect({
    host: address,
    port,
    ca,
    servername: isIP(address) === 0 ? address : undefined,
    ALPNProtocols: ['h2'],
  });
  try {
    await once(socket, 'secureConnect', { signal: AbortSignal.timeout(TIMEOUT_MS) });
    return 'accepted';
  } catch (error) {
    const message = rejectionOf(error, `EventStoreDB at ${address}:${port} (EVENTSTORE_URL)`);
    return message === undefined ? 'silent' : new LogUnreachable(message, { cause: error });
  } finally {
    socket.on('error', () => {});
    socket.destroy();
  }
};

const rejectionOf = (error: unknown, server: string): string | undefined => {
  const problem = certificateProblem(error);
  if (problem !== undefined) {
    return `The certificate of ${server} can't be verified: ${problem}. Set tlsCAFile in EVENTSTORE_URL to the file of the authority that issued it, and use the host names in the certificate.`;
  }
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code !== 'ERR_SSL_WRONG_VERSION_NUMBER') return undefined;
  return `${server} doesn't use TLS. Add tls=false to EVENTSTORE_URL, or enable TLS on the server.`;
};
