import { once } from 'node:events';
import { createServer } from 'node:net';
import { createClient } from '../client/client.ts';
import { ROLES } from '../compose/roles.ts';
import { createLogger } from '../telemetry/logger.ts';
import { createDatabase } from './databases.ts';
import type { StartCarillon } from './kit.ts';
import { serviceSettings, TOKEN_SECONDS, tokenOf } from './settings.ts';
import { startProcess } from './start-process.ts';
import { createTestClock } from './test-clock.ts';

/** Starts a whole service in this process, with a clock to move. What it warns of is printed. */
export const startCarillon: StartCarillon = async ({
  now = new Date().toISOString(),
  settings = {},
  postgresUrl,
} = {}) => {
  if (Number.isNaN(Date.parse(now)))
    throw new Error(`now must be an instant, such as 2026-03-01T00:00:00Z, but is ${now}.`);
  const log = createLogger({ level: 'warn', format: 'terminal' });
  const database = await createDatabase(postgresUrl, log);
  const clock = await createTestClock(database.url, now);
  const close = async (): Promise<void> => {
    await clock.close();
    await database.drop();
  };
  const port = String(await freePort());
  const own = { ...serviceSettings, PORT: port, PUBLIC_URL: `http://127.0.0.1:${port}`, DATABASE_URL: database.url };
  try {
    const { url, stop } = await startProcess(clock, { log, roles: ROLES, settings: { ...own, ...settings } });
    const token = tokenOf(undefined, { nowMs: clock.now(), lifetimeSeconds: TOKEN_SECONDS });
    return {
      url,
      token,
      client: createClient({ url, token }),
      now: clock.now,
      advance: clock.advance,
      until: clock.until,
      stop: async () => {
        await stop();
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
};

/** So that the service knows its own address before it starts. */
const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (typeof address !== 'object' || address === null) throw new Error('No port is free.');
  return address.port;
};
