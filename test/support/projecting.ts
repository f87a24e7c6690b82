import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { BoundedPool } from '../../src/db/pool.ts';
import { openReaders } from '../../src/db/readers.ts';
import type { Codec } from '../../src/event-store/codec.ts';
import type { EventStore, Position } from '../../src/event-store/port.ts';
import type { Projection } from '../../src/projections/projection.ts';
import { viewSchema } from '../../src/projections/projection.ts';
import { createQueries } from '../../src/projections/queries/index.ts';
import { type ProjectionRunner, startProjections } from '../../src/projections/runner.ts';
import type { ProjectionStatus, RunnerOptions } from '../../src/projections/status.ts';
import type { Runtime } from '../../src/runtime/runtime.ts';
import { codec } from './codec.ts';
import type { Entry } from './entry.ts';
import { metadata as byAnn } from './histories.ts';
import { createMemoryLog, type MemoryLog } from './memory-log.ts';
import { createMemoryEventStore, type Faults } from './memory-store.ts';
import { databaseOfService } from './postgres.ts';
import { recordingLog, seededRandom } from './world.ts';

export const LOG_ID = '5b0c8a52-6f3a-4b53-9f0e-0a3a4a6f5d11';
const TIMEOUT_MS = 240_000;

/** Real time: these tests wait for a real Postgres. */
const realTime: Pick<Runtime, 'clock' | 'timers'> = {
  clock: { now: () => Date.now(), monotonic: () => performance.now() },
  timers: {
    after: (delayMs, run) => {
      const timer = setTimeout(run, delayMs);
      return () => clearTimeout(timer);
    },
    sleep: (delayMs, signal) => delay(delayMs, undefined, signal ? { signal } : {}).catch(() => {}),
  },
};

/**
 * A log in memory, a real database, and what connects them; closed together.
 * @param now the clock of the log and of the queries
 * @param makeDatabase creates the database; with `freshDatabase`, the first run also creates the read models
 */
export const openProjecting = async (now: () => number = Date.now, makeDatabase = databaseOfService) => {
  const database = await makeDatabase();
  const log: MemoryLog = createMemoryLog({ now });
  const { log: logger, lines } = recordingLog();
  const world = { ...realTime, clock: { ...realTime.clock, now }, random: seededRandom(1), log: logger };
  const pools: BoundedPool[] = [];
  const readers = openReaders({ url: database.url, world, opened: (_, pool) => pools.push(pool) });
  const plain = new pg.Pool({ connectionString: database.url, max: 4 });
  plain.on('error', () => {});
  const revisions = new Map<string, number>();
  const runners: ProjectionRunner[] = [];
  const storeWith = (faults: Faults, by: Codec = codec): EventStore =>
    createMemoryEventStore({ codec: by, now, log, faults });
  const store = storeWith({});
  const queries = createQueries({ readers, databaseUrl: database.url, store, logId: LOG_ID, world });

  const append = async (entries: readonly Entry[]): Promise<Position> => {
    let position: Position = '';
    for (const { stream, event, metadata = byAnn } of entries) {
      const expectedRevision = revisions.get(stream) ?? -1;
      revisions.set(stream, expectedRevision + 1);
      const events = [{ ...event, id: randomUUID(), metadata }];
      position = (await store.append({ stream, expectedRevision, events })).position;
    }
    return position;
  };

  return {
    database,
    scheduleSource: { databaseUrl: database.url, timers: world.timers },
    world,
    log,
    logId: LOG_ID,
    store,
    storeWith,
    pool: plain,
    queries,
    lines,
    append,
    run: (options: Partial<RunnerOptions> = {}): ObservedRunner => {
      const runner = observe((onStatus) =>
        startProjections({ store, logId: LOG_ID, databaseUrl: database.url, world, onStatus, ...options }),
      );
      runners.push(runner);
      return runner;
    },
    /** Rejects if the read models don't reach this position. */
    reach: async (position: Position): Promise<void> => {
      if (!(await queries.awaitPosition(position, TIMEOUT_MS))) throw new Error(`never at ${position}`);
    },
    /** Waits until it holds, checking again whenever a checkpoint moves. */
    until: (holds: () => Promise<boolean>) => untilProjected(database.url, holds),
    close: async () => {
      await Promise.all(runners.map((runner) => runner.stop()));
      await queries.close();
      for (const pool of pools) await pool.close();
      await plain.end();
      await database.drop();
    },
  };
};
export type ObservedRunner = ProjectionRunner & {
  /** Waits until each of these is in this state. */
  become(state: ProjectionStatus['state'], names?: readonly string[]): Promise<void>;
};

const observe = (start: (onStatus: () => void) => ProjectionRunner): ObservedRunner => {
  let look = () => {};
  const runner = start(() => look());
  return {
    ...runner,
    become: (state, names) =>
      new Promise((resolve) => {
        look = () => {
          const looked = runner.status().filter(({ name }) => names === undefined || names.includes(name));
          if (looked.every((status) => status.state === state)) resolve();
        };
        look();
      }),
  };
};

export type Projecting = Awaited<ReturnType<typeof openProjecting>>;

const untilProjected = async (databaseUrl: string, holds: () => Promise<boolean>): Promise<void> => {
  const client = new pg.Client({ connectionString: databaseUrl });
  client.on('error', () => {});
  await client.connect();
  try {
    let moved = Promise.withResolvers<void>();
    client.on('notification', () => moved.resolve());
    await client.query('LISTEN carillon_projected');
    const giveUpMs = performance.now() + TIMEOUT_MS;
    while (true) {
      moved = Promise.withResolvers<void>();
      if (await holds()) return;
      const tooLate = setTimeout(() => moved.reject(new Error('it never held')), giveUpMs - performance.now());
      await moved.promise.finally(() => clearTimeout(tooLate));
    }
  } finally {
    await client.end();
  }
};

/** Every row of every table of these read models, as text, in a stable order. */
export const dump = async (pool: pg.Pool, projections: readonly Projection[]): Promise<Record<string, string[]>> => {
  const rows: Record<string, string[]> = {};
  for (const projection of projections) {
    for (const view of projection.views) {
      const from = `${viewSchema(projection)}.${view}`;
      const result = await pool.query<{ row: string }>(`SELECT t::text AS row FROM ${from} AS t ORDER BY 1`);
      rows[view] = result.rows.map(({ row }) => row);
    }
  }
  return rows;
};
