import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below those that the system gives out by itself, each process of tests has so many ports of its own. */
const FIRST = 10_000;
const OF_A_PROCESS = 500;
const PROCESSES = 40;
const own = FIRST + (Number(process.env.MOCHA_WORKER_ID ?? process.pid) % PROCESSES) * OF_A_PROCESS;
let next = 0;

/** A port of this machine that nothing listens on. No other process of the tests is given it meanwhile. */
export const freePort = async (): Promise<number> => {
  for (let tries = 0; tries < OF_A_PROCESS; tries++) {
    const port = own + (next++ % OF_A_PROCESS);
    if (await isFree(port)) return port;
  }
  throw new Error(`every port from ${own} on is taken`);
};

const isFree = async (port: number): Promise<boolean> => {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
};
