import { createServer } from 'node:net';
import { EmbeddedPostgresError } from './errors.ts';

const MOST_TRIES = 5;

/**
 * Starts a server on the preferred port of 127.0.0.1, or on another one where that is taken. Another process may take a
 * port after it was found free: then the next one is tried.
 * @throws EmbeddedPostgresError PORT_TAKEN where five ports were taken so, and every other error of `start`
 */
export const onFreePort = async <Server>(
  preferred: number,
  start: (port: number) => Promise<Server>,
): Promise<{ port: number; server: Server }> => {
  for (let tries = 1; ; tries++) {
    const port = await freePort(tries === 1 ? preferred : 0);
    try {
      return { port, server: await start(port) };
    } catch (error) {
      const isTaken = error instanceof EmbeddedPostgresError && error.code === 'PORT_TAKEN';
      if (!isTaken || tries === MOST_TRIES) throw error;
    }
  }
};

const freePort = async (preferred: number): Promise<number> =>
  (await tryListen(preferred)) ?? (await tryListen(0)) ?? preferred;

const tryListen = (port: number): Promise<number | undefined> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' ? address?.port : undefined));
    });
  });
