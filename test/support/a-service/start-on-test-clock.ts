import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ROLES, type Role, startService } from '../../../src/compose.ts';
import { loadConfig } from '../../../src/config.ts';
import { createMetrics } from '../../../src/telemetry/metrics.ts';
import { apiClient } from '../api.ts';
import { audit } from '../audit.ts';
import type { LogChoice } from '../logs.ts';
import { freshDatabase } from '../postgres.ts';
import { serviceSettings, tokenOf } from '../service.ts';
import { startTarget } from '../target.ts';
import { recordingLog, silentLog } from '../world.ts';
import type { BareService } from './a-service.ts';
import { openLogReader } from './log-reader.ts';
import { createTestClock, type TestClock } from './test-clock.ts';

export type ServiceOptions = {
  readonly log?: LogChoice;
  readonly settings?: Readonly<Record<string, string>>;
  readonly roles?: readonly Role[];
  readonly from?: string;
};

/** Tokens hold for as long as any test moves the clock. */
const TOKEN_SECONDS = 10 * 365 * 86_400;
const PATIENCE_MS = 120_000;
const LONGEST_LOOK_MS = 1_000;

type ProcessOptions = Required<Pick<ServiceOptions, 'settings' | 'roles'>>;

/** Starts what a process of a service is, on this clock. */
const startProcess = async (clock: TestClock, { settings, roles }: ProcessOptions) => {
  const { log, lines } = recordingLog();
  const dataDir = await mkdtemp(path.join(tmpdir(), 'carillon-service-'));
  const config = loadConfig({ CARILLON_DATA: dataDir, PORT: '0', ...settings });
  const starting = startService({
    ...{ config, world: clock.world(log), metrics: createMetrics(), version: 'test', roles },
    signal: new AbortController().signal,
  });
  const { url, stop } = await clock.until(starting);
  const stopFlow = clock.flowFor(Number(new URL(url).port));
  return {
    ...{ url, lines, config },
    stop: async () => {
      await clock.until(stop());
      stopFlow();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
};

/** Starts a service on a database and a clock of its own. */
export const startOnTestClock = async ({
  log,
  settings = {},
  roles = ROLES,
  from = '2026-03-02T09:00:00Z',
}: ServiceOptions): Promise<BareService> => {
  const database = await freshDatabase();
  const clock = await createTestClock(database.url, from);
  const world = clock.world(silentLog);
  const target = await startTarget(world.timers);
  const given = { DATABASE_URL: database.url, ...serviceSettings, ...(await log?.settings(world)), ...settings };
  const start = (other: ProcessOptions) => startProcess(clock, other);
  const service = await start({ settings: given, roles });
  const { url, prefix } = service.config.eventStore;
  const place = { databaseUrl: database.url, eventStore: url === undefined ? undefined : { url, prefix } };
  const reader = openLogReader(place);

  const token: BareService['token'] = (claims) =>
    tokenOf(claims, { nowMs: clock.now(), lifetimeSeconds: TOKEN_SECONDS });
  // A request comes a moment after the one before, so that what both record is told apart by its time.
  const ask: typeof fetch = async (...request) => {
    await clock.advance('1ms');
    return fetch(...request);
  };

  return {
    url: service.url,
    databaseUrl: database.url,
    log: place,
    lines: service.lines,
    target: { ...target, receivedAll: (count) => clock.until(target.receivedAll(count)) },
    startBeside: (other) => start({ roles: other.roles ?? ROLES, settings: { ...given, ...other.settings } }),
    now: clock.now,
    until: clock.until,
    token,
    as: (claims) => apiClient(service.url, token(claims), ask),
    advance: async (by) => {
      const before = await reader.end();
      await clock.advance(by);
      return reader.after(before);
    },
    eventually: async (check) => {
      const giveUpMs = clock.now() + PATIENCE_MS;
      for (let lookMs = 50; clock.now() < giveUpMs; lookMs = Math.min(2 * lookMs, LONGEST_LOOK_MS)) {
        const found = await check();
        if (found !== undefined) return found;
        await clock.advance(lookMs);
      }
      throw new Error(`not so within ${PATIENCE_MS / 1_000} s of its clock. What still waits:\n${clock.waits()}`);
    },
    stop: async () => {
      const endedAtMs = clock.now();
      try {
        await service.stop();
        await audit({ ...place, endedAtMs });
      } finally {
        await Promise.all([clock.close(), reader.close(), target.close()]);
        await database.drop();
      }
    },
  };
};
