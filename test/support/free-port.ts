import { once } from 'node:events';
import { createServer } from 'node:net';

/** Each process of tests has this many ports of its own, below those that the system allocates. */
const FIRST = 10_000;
const OF_A_PROCESS = 500;
const PROCESSES = 40;
const own = FIRST + (Number(process.env.MOCHA_WORKER_ID ?? process.pid) % PROCESSES) * OF_A_PROCESS;
let next = 0;

/** A port of this machine that nothing listens on, and that no other process of the tests gets in the meantime. */
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
