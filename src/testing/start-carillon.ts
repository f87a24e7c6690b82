import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { CarillonOptions, StartedCarillon } from '../../packages/testing/src/kit.ts';
import { ROLES } from '../compose/roles.ts';
import { type Role, startService } from '../compose.ts';
import { type Config, loadConfig } from '../config.ts';
import { signToken } from '../http/tokens/sign-token.ts';
import type { Logger } from '../runtime/runtime.ts';
import { createLogger } from '../telemetry/logger.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { createDatabase } from './databases.ts';
import { createTestClock, type TestClock } from './test-clock.ts';

/** Starts a whole service in this process, with a clock to advance. Its warnings are printed. */
export const startCarillon = async ({
  now = new Date().toISOString(),
  settings = {},
  postgresUrl,
}: CarillonOptions = {}): Promise<StartedCarillon> => {
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

/** Lets the service know its own address before it starts. */
const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (typeof address !== 'object' || address === null) throw new Error('No port is free.');
  return address.port;
};

type ProcessOptions = {
  readonly settings: Readonly<Record<string, string>>;
  readonly roles: readonly Role[];
  readonly log: Logger;
};

type StartedProcess = { readonly url: string; readonly config: Config; stop(): Promise<void> };

/** Starts the parts of a service's process, in this process and on this clock. */
export const startProcess = async (
  clock: TestClock,
  { settings, roles, log }: ProcessOptions,
): Promise<StartedProcess> => {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'carillon-service-'));
  const removeData = () => rm(dataDir, { recursive: true, force: true });
  try {
    const config = loadConfig({ CARILLON_DATA: dataDir, PORT: '0', ...settings });
    const starting = startService({
      ...{ config, world: clock.world(log), metrics: createMetrics(), version: 'test', roles },
      signal: new AbortController().signal,
    });
    const { url, stop } = await clock.until(starting);
    const stopFlow = clock.flowFor(Number(new URL(url).port));
    return {
      url,
      config,
      stop: async () => {
        await clock.until(stop());
        stopFlow();
        await removeData();
      },
    };
  } catch (error) {
    await removeData();
    throw error;
  }
};

const SECRET = 'a secret of at least thirty-two bytes';

/** Settings of a service on this machine with its own database and allowed loopback targets. */
export const serviceSettings = {
  HOST: '127.0.0.1',
  JWT_SECRET: SECRET,
  JWT_ISSUER: 'tests',
  JWT_AUDIENCE: 'carillon',
  PUBLIC_URL: 'http://127.0.0.1:3000',
  AUDIT_KEY: Buffer.alloc(32, 9).toString('base64'),
  SECRET_KEYS: `test:${Buffer.alloc(32, 7).toString('base64')}`,
  ALLOWED_TARGETS: '127.0.0.0/8',
};

/** A token for such a service; by default of an administrator of the tenant `default`. */
export const tokenOf = (
  { sub = 'ann', ...claims }: Readonly<Record<string, unknown>> = { permissions: ['scheduler:admin'] },
  { nowMs, lifetimeSeconds } = { nowMs: Date.now(), lifetimeSeconds: 600 },
): string =>
  signToken({
    secret: SECRET,
    subject: String(sub),
    claims: { iss: 'tests', aud: 'carillon', ...claims },
    nowMs,
    lifetimeSeconds,
  });

/** Tokens outlast any test's clock. */
export const TOKEN_SECONDS = 10 * 365 * 86_400;
