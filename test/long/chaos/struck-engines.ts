import { rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startEmbeddedPostgres } from '../../../src/db/embedded-postgres.ts';
import { type Api, apiClient } from '../../support/api.ts';
import { type ChildService, startChildService } from '../../support/child-service.ts';
import { type CuttableProxy, cuttableProxy } from '../../support/cuttable-proxy.ts';
import { startFakeEventStoreDb } from '../../support/eventstoredb/server.ts';
import { serviceSettings, tokenOf } from '../../support/service.ts';
import type { ServiceLog } from '../../support/service-log.ts';
import { passableTempDir } from '../../support/temp-dir.ts';
import { silentLog } from '../../support/world.ts';

export const LOGS = ['postgres', 'eventstoredb'] as const;
export type LogKind = (typeof LOGS)[number];

/** A real process with ways of its own to Postgres and to the log, which can be cut. */
export type StruckProcess = {
  readonly name: string;
  readonly ways: readonly CuttableProxy[];
  service: ChildService;
};

/** Three engines, processes with the API, one of them with the read models, Postgres and the log: what a torture strikes at. */
export type Installation = {
  /** Where the API answers, and its client as an administrator with a fresh token. */
  readonly url: string;
  readonly api: () => Api;
  readonly engines: readonly StruckProcess[];
  /** A further API process, which workers use. */
  readonly door: StruckProcess;
  /** What leads to Postgres, and what leads to the log where that is elsewhere. */
  readonly ways: { readonly postgres: readonly CuttableProxy[]; readonly log: readonly CuttableProxy[] };
  readonly log: ServiceLog;
  /** A new process in the place of this one. Like a supervisor, it tries again while Postgres or the log is away. */
  startAgain(struck: StruckProcess): Promise<void>;
  /** Stops Postgres, in order or at once, and starts it again after so long. */
  restartPostgres(how: 'in order' | 'at once', downMs: number): Promise<void>;
  /** Ends all processes in order; tells what did not. */
  end(): Promise<string[]>;
  /** Ends whatever is left, at once. */
  clear(): Promise<void>;
};

const ENGINES = 3;
/** Each process keeps some twenty open, and opens as many again when Postgres is back. */
const CONNECTIONS = '200';
/** A service has 30 s to stop. */
const STOP_MS = 35_000;

export const startInstallation = async (kind: LogKind): Promise<Installation> => {
  const dir = await passableTempDir('carillon-torture-');
  const openPostgres = (port: number) =>
    startEmbeddedPostgres({ dataDir: dir, port, log: silentLog, settings: { max_connections: CONNECTIONS } });
  let postgres = await openPostgres(0);
  const fake = kind === 'eventstoredb' ? await startFakeEventStoreDb() : undefined;
  const toPostgres: CuttableProxy[] = [];
  const toLog: CuttableProxy[] = [];
  const running = new Set<ChildService>();
  let started = 0;
  // Nothing outlives this process, whatever ends it.
  const atExit = (): void => {
    for (const { pid } of running) killQuietly(pid, 'SIGKILL');
    killQuietly(postgres.pid, 'SIGQUIT');
  };
  process.once('exit', atExit);

  const openWays = async () => {
    const database = await cuttableProxy(postgres.url);
    toPostgres.push(database);
    const log = fake === undefined ? undefined : await cuttableProxy(fake.url);
    if (log !== undefined) toLog.push(log);
    return { database, log };
  };
  type Ways = Awaited<ReturnType<typeof openWays>>;

  const start = async ({ database, log }: Ways, roles: Parameters<typeof startChildService>[2]) => {
    const settings = {
      ...serviceSettings,
      DATABASE_URL: database.url,
      ...(log === undefined ? {} : { EVENTSTORE_URL: log.url }),
      LOG_LEVEL: 'error',
    };
    const service = await startChildService(path.join(dir, `process-${++started}`), settings, roles);
    running.add(service);
    return service;
  };

  const hub = await start(await openWays(), ['api', 'projections']);
  const starts = new Map<StruckProcess, () => Promise<ChildService>>();
  const startStruck = async (name: string, role: 'engine' | 'api'): Promise<StruckProcess> => {
    const ways = await openWays();
    const startOne = () => start(ways, [role]);
    const { database, log } = ways;
    const struck = { name, ways: log === undefined ? [database] : [database, log], service: await startOne() };
    starts.set(struck, startOne);
    return struck;
  };
  const engines: StruckProcess[] = [];
  for (let index = 1; index <= ENGINES; index++) engines.push(await startStruck(`engine ${index}`, 'engine'));
  const door = await startStruck('the API of workers', 'api');

  const endOne = async (name: string, service: ChildService): Promise<string[]> => {
    running.delete(service);
    const ended = new AbortController();
    const late = sleep(STOP_MS, 'late' as const, { signal: ended.signal, ref: false }).catch(() => 'late' as const);
    const code = await Promise.race([service.end('SIGTERM'), late]);
    ended.abort();
    if (code === 0) return [];
    if (code !== 'late') return [`${name} ended with ${code}`];
    await service.end('SIGKILL');
    return [`${name} did not stop within ${STOP_MS / 1_000} s`];
  };

  return {
    url: hub.url,
    api: () => apiClient(hub.url, tokenOf()),
    engines,
    door,
    ways: { postgres: toPostgres, log: toLog },
    log: {
      databaseUrl: postgres.url,
      eventStore: fake === undefined ? undefined : { url: fake.url, prefix: 'carillon_' },
    },
    startAgain: async (struck) => {
      const startOne = starts.get(struck);
      if (startOne === undefined) throw new Error(`${struck.name} is of another installation`);
      running.delete(struck.service);
      struck.service = await startedWhenPossible(startOne);
    },
    restartPostgres: async (how, downMs) => {
      if (how === 'at once') process.kill(postgres.pid, 'SIGQUIT');
      await postgres.stop();
      await sleep(downMs);
      postgres = await openPostgres(postgres.port);
    },
    end: async () => {
      const late = await Promise.all([...engines, door].map(({ name, service }) => endOne(name, service)));
      return [...late.flat(), ...(await endOne('the hub', hub))];
    },
    clear: async () => {
      await Promise.all([...running].map((service) => service.end('SIGKILL')));
      await Promise.all([...toPostgres, ...toLog].map((way) => way.close()));
      fake?.stop();
      await postgres.stop();
      process.removeListener('exit', atExit);
      await rm(dir, { recursive: true, force: true });
    },
  };
};

const TRY_AGAIN_MS = 1_000;
/** Longer than any strike lasts. */
const START_WITHIN_MS = 120_000;

const startedWhenPossible = async (start: () => Promise<ChildService>): Promise<ChildService> => {
  for (const beganMs = performance.now(); ; ) {
    try {
      return await start();
    } catch (error) {
      if (performance.now() - beganMs > START_WITHIN_MS) throw error;
      await sleep(TRY_AGAIN_MS);
    }
  }
};

const killQuietly = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended by itself.
  }
};
