import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { ROLES, type Role, startService } from '../../src/compose.ts';
import { loadConfig } from '../../src/config.ts';
import { nodeRuntime } from '../../src/runtime/node-runtime.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { serviceSettings, tokenOf } from '../../src/testing/start-carillon.ts';
import { type Api, apiClient } from './api.ts';
import { audit } from './audit.ts';
import { databaseOfService } from './postgres.ts';
import type { ServiceLog } from './service-log.ts';
import { type LogLine, recordingLog } from './world.ts';

export { serviceSettings, tokenOf };

export type TestService = {
  readonly url: string;
  readonly databaseUrl: string;
  readonly log: ServiceLog;
  readonly lines: readonly LogLine[];
  /** The API for a caller with these claims; by default an administrator of the tenant `default`. */
  as(claims?: Readonly<Record<string, unknown>>): Api;
  /** A token with these claims; by default the same administrator's. */
  token(claims?: Readonly<Record<string, unknown>>): string;
  /** Resolves as soon as the check does; checks again after each change of the read models. */
  eventually<T>(check: () => Promise<T | undefined>): Promise<T>;
  /** Stops it and checks the invariants: rejects if they are violated. */
  stop(): Promise<void>;
};

const GIVE_UP_MS = 240_000;

/** The whole service on a database of its own, with loopback targets allowed. */
export const startTestService = async (
  settings: Readonly<Record<string, string>> = {},
  roles: readonly Role[] = ROLES,
): Promise<TestService> => {
  const database = await databaseOfService();
  const dataDir = await mkdtemp(path.join(tmpdir(), 'carillon-service-'));
  const { log, lines } = recordingLog();
  const config = loadConfig({
    DATABASE_URL: database.url,
    CARILLON_DATA: dataDir,
    PORT: '0',
    ...serviceSettings,
    ...settings,
  });
  const service = await startService({
    config,
    world: nodeRuntime(log),
    metrics: createMetrics(),
    version: 'test',
    roles,
    signal: new AbortController().signal,
  });
  const { url, prefix } = config.eventStore;
  const place = { databaseUrl: database.url, eventStore: url === undefined ? undefined : { url, prefix } };
  const listener = new pg.Client({ connectionString: database.url });
  await listener.connect();
  await listener.query('LISTEN carillon_projected');

  return {
    url: service.url,
    databaseUrl: database.url,
    log: place,
    lines,
    as: (claims) => apiClient(service.url, tokenOf(claims)),
    token: tokenOf,
    eventually: (check) => whenProjected(listener, check),
    stop: async () => {
      const endedAtMs = Date.now();
      await listener.end();
      await service.stop();
      try {
        await audit({ ...place, endedAtMs });
      } finally {
        await database.drop();
        await rm(dataDir, { recursive: true, force: true });
      }
    },
  };
};

const whenProjected = async <T>(listener: pg.Client, check: () => Promise<T | undefined>): Promise<T> => {
  const giveUp = AbortSignal.timeout(GIVE_UP_MS);
  for (;;) {
    const changed = nextNotification(listener, giveUp);
    const found = await check();
    if (found !== undefined) return found;
    if (giveUp.aborted) throw new Error(`not so within ${GIVE_UP_MS} ms`);
    await changed;
  }
};

const nextNotification = (listener: pg.Client, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      listener.off('notification', done);
      signal.removeEventListener('abort', done);
      resolve();
    };
    listener.on('notification', done);
    signal.addEventListener('abort', done);
  });
