import { once } from 'node:events';
import { createServer } from 'node:http';
import { startBroker } from './kafka-broker.ts';
import { startTestPostgres } from './test-postgres.ts';

type Shared = {
  /** Information for its users; passed as JSON. */
  readonly address: unknown;
  stop(): Promise<void>;
};

const STARTS = {
  postgres: startTestPostgres,
  kafka: async () => {
    const { brokers, stop } = await startBroker();
    return { address: brokers, stop };
  },
} satisfies Record<string, () => Promise<Shared>>;

type Name = keyof typeof STARTS;

/** Environment variable for `sharedServer`, in this process and its children. */
const ADDRESS = 'CARILLON_TEST_SERVERS';

/** From now on `sharedServer` starts requested servers, once for all processes of the run. */
export const shareServers = async (): Promise<{ stop(): Promise<void> }> => {
  const started = new Map<string, Promise<Shared>>();
  const find = (name: string): Promise<Shared> => {
    const known = started.get(name);
    if (known !== undefined) return known;
    if (!isName(name)) throw new Error(`there is no shared server ${name}`);
    const starting = STARTS[name]();
    started.set(name, starting);
    return starting;
  };
  const requested = createServer(async ({ url = '' }, response) => {
    try {
      response.end(JSON.stringify((await find(url.slice(1))).address));
    } catch (error) {
      response.writeHead(500).end(error instanceof Error ? error.message : String(error));
    }
  }).listen(0, '127.0.0.1');
  await once(requested.unref(), 'listening');
  const address = requested.address();
  if (address === null || typeof address === 'string') throw new Error('no port was given');
  process.env[ADDRESS] = `http://127.0.0.1:${address.port}/`;
  return {
    stop: async () => {
      requested.close();
      requested.closeAllConnections();
      await Promise.allSettled([...started.values()].map(async (server) => (await server).stop()));
    },
  };
};

/** @returns the address of a shared server */
export const sharedServer = async (name: Name): Promise<unknown> => {
  const response = await fetch(`${process.env[ADDRESS]}${name}`);
  if (!response.ok) throw new Error(await response.text());
  return response.json();
};

const isName = (text: string): text is Name => Object.hasOwn(STARTS, text);
