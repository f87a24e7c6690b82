import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Something else listens on the port that was asked for. */
export class PortTaken extends Error {
  override readonly name = 'PortTaken';
  readonly code = 'PORT_TAKEN';
}

type ListenOptions = { readonly host: string; readonly port: number; readonly anyOther: boolean };

/**
 * Makes the server listen.
 * @returns the port; with `anyOther`, a free one where `port` is taken
 * @throws PortTaken without `anyOther`
 */
export const listen = async (server: Server, { host, port, anyOther }: ListenOptions): Promise<number> => {
  try {
    await listenOn(server, host, port);
  } catch (error) {
    if (!isTaken(error)) throw error;
    if (!anyOther) throw new PortTaken(`port ${port} is taken: stop what listens there, or set PORT to another one`);
    await listenOn(server, host, 0);
  }
  return portOf(server);
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
