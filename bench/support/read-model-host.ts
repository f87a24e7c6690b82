import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { startEmbeddedPostgres } from '../../src/db/embedded-postgres.ts';
import { migrate } from '../../src/db/migrate.ts';
import { DomainEvent } from '../../src/domain/events/index.ts';
import { createCodec } from '../../src/event-store/codec.ts';
import { ensureLogIdentity } from '../../src/event-store/identity.ts';
import { comparePositions, type EventStore, type Position } from '../../src/event-store/port.ts';
import { createPostgresEventStore } from '../../src/event-store/postgres/store.ts';
import { everyProjection } from '../../src/projections/all.ts';
import { requestFlush } from '../../src/projections/checkpoints.ts';
import type { Projection } from '../../src/projections/projection.ts';
import { type ProjectionRunner, startProjections } from '../../src/projections/runner.ts';
import { nodeRuntime } from '../../src/runtime/node-runtime.ts';
import type { Logger } from '../../src/runtime/runtime.ts';
import { passableTempDir } from '../../src/testing/databases.ts';
import { cpuUse } from './cpu.ts';

const silent: Logger = { debug() {}, info() {}, warn() {}, error: console.error };
export const world = nodeRuntime(silent);
export const codec = createCodec({ schemas: DomainEvent.options });

const POLL_INTERVAL_MS = 20;

export type ReadModelHost = Awaited<ReturnType<typeof openReadModelHost>>;

/** An embedded Postgres with fsync on, thrown away after, and all read models in this process, without a server around. */
export const openReadModelHost = async (openStore?: (databaseUrl: string) => EventStore) => {
  const dataDir = await passableTempDir('carillon-bench-');
  const postgres = await startEmbeddedPostgres({ dataDir, port: 0, log: silent });
  await migrate(postgres.url, silent);
  const connection = { connectionString: postgres.url };
  const store = openStore?.(postgres.url) ?? createPostgresEventStore({ connection, codec, world });
  const logId = await ensureLogIdentity(store, world);
  const pool = new pg.Pool({ ...connection, max: 4 });
  pool.on('error', () => {});
  const database = new pg.Client(connection);
  await database.connect();
  let runner: ProjectionRunner | undefined;
  /** The position that these read models have reached. */
  const reached = (projections: readonly Projection[]): Position => {
    const status = (runner?.status() ?? []).filter(({ name }) => projections.some((each) => each.name === name));
    return status.map(({ position = '' }) => position).toSorted()[0] ?? '';
  };
  return {
    ...{ dataDir, databaseUrl: postgres.url, store, pool, database, reached },
    start: (): void => {
      runner = startProjections({ store, logId, databaseUrl: postgres.url, world, projections: everyProjection });
    },
    stop: async (): Promise<void> => {
      await runner?.stop();
      runner = undefined;
    },
    /** Resolves once every read model has come to this position. */
    reach: async (position: Position): Promise<void> => {
      while (comparePositions(reached(everyProjection), position) < 0) {
        // As a request does that waits for them.
        await requestFlush(pool);
        await sleep(POLL_INTERVAL_MS);
      }
    },
    /** Runs this and returns the duration and the CPU time of this process and Postgres, ms. */
    watched: async (run: () => Promise<unknown>): Promise<Watched> => {
      const of = { pid: process.pid, dataDir };
      const [before, startedMs] = [cpuUse(of), performance.now()];
      await run();
      const after = cpuUse(of);
      const cpuMs = after.serverMs - before.serverMs + after.postgresMs - before.postgresMs;
      return { tookMs: performance.now() - startedMs, cpuMs };
    },
    close: async (): Promise<void> => {
      await runner?.stop();
      await store.close();
      await pool.end();
      await database.end();
      await postgres.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
};

export type Watched = { readonly tookMs: number; readonly cpuMs: number };

/** `--name=100000` */
export const numberAsked = (name: string): number | undefined => {
  const pattern = new RegExp(`^--${name}=(\\d+)$`);
  const found = process.argv.map((word) => pattern.exec(word)?.[1]).find((digits) => digits !== undefined);
  return found === undefined ? undefined : Number(found);
};
