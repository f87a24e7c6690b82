import { createServer } from 'node:net';

/** Returns the preferred port of 127.0.0.1, or another free port if that one is taken. */
export const freePort = async (preferred: number): Promise<number> =>
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
