import { randomUUID } from 'node:crypto';
import { ROLES, type Role } from '../../../src/compose.ts';
import { ID_KINDS } from '../../../src/domain/events/index.ts';
import { idsStream } from '../../../src/domain/streams.ts';
import { NO_STREAM } from '../../../src/event-store/port.ts';
import { serviceSettings, startProcess, TOKEN_SECONDS, tokenOf } from '../../../src/testing/start-carillon.ts';
import { createTestClock } from '../../../src/testing/test-clock.ts';
import { apiClient } from '../api.ts';
import { audit } from '../audit.ts';
import type { LogChoice } from '../logs.ts';
import { databaseOfService } from '../postgres.ts';
import { openServiceLog, type ServiceLog } from '../service-log.ts';
import { startTarget } from '../target.ts';
import { recordingLog, silentLog } from '../world.ts';
import type { BareService } from './a-service.ts';
import { openLogReader } from './log-reader.ts';

export type ServiceOptions = {
  readonly log?: LogChoice;
  readonly settings?: Readonly<Record<string, string>>;
  readonly roles?: readonly Role[];
  readonly from?: string;
};

const TIMEOUT_MS = 120_000;
const MAX_LOOK_MS = 1_000;

/** The ids of all kinds begin here: `test/long/e2e/large-ids.test.ts`. */
const FIRST_ID = Number(process.env.CARILLON_TEST_FIRST_ID ?? 0);

/** Acts as if all lower ids had been allocated. */
const beginIdsAt = async (place: ServiceLog, first: number): Promise<void> => {
  const store = openServiceLog(place);
  const metadata = { actor: { type: 'system', name: 'test' }, correlationId: 'first-ids' } as const;
  for (const kind of ID_KINDS) {
    const data = { kind, first, last: first - 1 };
    const event = { type: 'IdsReserved' as const, data, id: randomUUID(), metadata };
    await store.append({ stream: idsStream(kind), expectedRevision: NO_STREAM, events: [event] });
  }
  await store.close();
};

/** Starts a service on a database and a clock of its own. */
export const startOnTestClock = async ({
  log,
  settings = {},
  roles = ROLES,
  from = '2026-03-02T09:00:00Z',
}: ServiceOptions): Promise<BareService> => {
  const database = await databaseOfService();
  const clock = await createTestClock(database.url, from);
  const world = clock.world(silentLog);
  const target = await startTarget(world.timers);
  const given = { DATABASE_URL: database.url, ...serviceSettings, ...(await log?.settings(world)), ...settings };
  const start = async (other: Required<Pick<ServiceOptions, 'settings' | 'roles'>>) => {
    const { log, lines } = recordingLog();
    return { ...(await startProcess(clock, { ...other, log })), lines };
  };
  const service = await start({ settings: given, roles });
  const { url, prefix } = service.config.eventStore;
  const place = { databaseUrl: database.url, eventStore: url === undefined ? undefined : { url, prefix } };
  const reader = openLogReader(place);
  if (FIRST_ID > 0) await beginIdsAt(place, FIRST_ID);

  const token: BareService['token'] = (claims) =>
    tokenOf(claims, { nowMs: clock.now(), lifetimeSeconds: TOKEN_SECONDS });
  // Each request comes a moment after the previous one, so that their recorded times differ.
  const send: typeof fetch = async (...request) => {
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
    as: (claims) => apiClient(service.url, token(claims), send),
    advance: async (by) => {
      const before = await reader.end();
      await clock.advance(by);
      return reader.after(before);
    },
    eventually: async (check) => {
      const giveUpMs = clock.now() + TIMEOUT_MS;
      for (let lookMs = 50; clock.now() < giveUpMs; lookMs = Math.min(2 * lookMs, MAX_LOOK_MS)) {
        const found = await check();
        if (found !== undefined) return found;
        await clock.advance(lookMs);
      }
      throw new Error(`not so within ${TIMEOUT_MS / 1_000} s of its clock. What still waits:\n${clock.waits()}`);
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
