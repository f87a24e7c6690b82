import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export class PortTaken extends Error {
  override readonly name = 'PortTaken';
  readonly code = 'PORT_TAKEN';
}

type Listening = { readonly host: string; readonly port: number; readonly anyOther: boolean };

/**
 * A server that listens already, before what it serves is built, so that its address is known to what is built.
 * @throws PortTaken where the port was asked for by name
 */
export const listen = async ({ host, port, anyOther }: Listening): Promise<{ server: Server; port: number }> => {
  const server = createServer();
  try {
    await listenOn(server, host, port);
  } catch (error) {
    if (!isTaken(error)) throw error;
    if (!anyOther) throw new PortTaken(`port ${port} is taken: stop what listens there, or set PORT to another one`);
    await listenOn(server, host, 0);
  }
  return { server, port: portOf(server) };
};

const listenOn = async (server: Server, host: string, port: number): Promise<void> => {
  server.listen(port, host);
  await once(server, 'listening');
};

const isTaken = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';

const portOf = (server: Server): number => {
  const address: AddressInfo | string | null = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return address.port;
};

/** Takes no new connection, and closes those that are idle; the rest end with their answer. */
export const closeServer = async (server: Server): Promise<void> => {
  const closed = once(server, 'close');
  server.close();
  server.closeIdleConnections();
  await closed;
};
