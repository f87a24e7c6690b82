import { expect } from 'chai';
import pg from 'pg';
import { type DatabasePool, sql } from 'slonik';
import { z } from 'zod';
import { createRowReaders, type RowReader } from '../../../src/db/reader.ts';
import { createQueryPool } from '../../../src/db/readers.ts';
import { nodeRuntime } from '../../../src/runtime/node-runtime.ts';
import { type FreshDatabase, freshDatabase } from '../../support/postgres.ts';
import { type ManualWorld, manualWorld, recordingLog, silentLog } from '../../support/world.ts';

const One = z.object({ one: z.int() });
const readOne = (reader: RowReader) => reader.one(sql.type(One)`SELECT 1 AS one`);
const readForEver = (reader: RowReader) => reader.any(sql.type(z.object({}))`SELECT pg_sleep(600)`);
const failure = (promise: Promise<unknown>): Promise<unknown> => promise.then(() => undefined).catch((error) => error);

describe('a reader', () => {
  let database: FreshDatabase;
  let watcher: pg.Client;
  /** One connection, so that whoever holds it holds up all others. */
  let pool: DatabasePool;
  let cancelPool: DatabasePool;
  let world: ManualWorld;
  const { log, lines } = recordingLog();

  before(async () => {
    database = await freshDatabase();
    const options = { url: database.url, maxPoolSize: 1, statementLimitMs: 60_000, world: nodeRuntime(log) };
    pool = await createQueryPool(options);
    cancelPool = await createQueryPool(options);
    watcher = new pg.Client({ connectionString: database.url });
    await watcher.connect();
  });
  beforeEach(() => {
    world = manualWorld();
  });
  after(async () => {
    await watcher.end();
    await Promise.all([pool.end(), cancelPool.end()]);
    await database.drop();
  });

  const readers = (options: { pool: DatabasePool } = { pool }) =>
    createRowReaders({ pool: options.pool, cancelPool, limitMs: 10_000, world });
  const sleeping = async (): Promise<void> => {
    const find = "SELECT FROM pg_stat_activity WHERE state = 'active' AND query LIKE '/*%pg_sleep%' AND datname = $1";
    while ((await watcher.query(find, [new URL(database.url).pathname.slice(1)])).rowCount === 0);
  };

  it('says that a read model is not made yet', async () => {
    const missing = readers()({}).any(sql.type(z.object({}))`SELECT FROM jobs_v0.jobs`);
    expect(await failure(missing)).to.include({ code: 'READ_MODELS_BEHIND' });
  });

  it('cancels a statement whose asker has gone, and one that has yet to begin', async () => {
    const gone = new AbortController();
    const reader = readers()(gone);
    const first = failure(readForEver(reader));
    await sleeping();
    const second = failure(readForEver(reader));
    const other = readOne(readers()({}));
    gone.abort();
    expect(await first).to.include({ code: 'QUERY_ABANDONED' });
    expect(await second).to.include({ code: 'QUERY_ABANDONED' });
    expect(await other).to.deep.equal({ one: 1 });
    expect(await failure(readOne(reader))).to.include({ code: 'QUERY_ABANDONED' });
    expect(lines).to.deep.equal([]);
  });

  it('cancels a statement that takes too long, the wait for a connection included', async () => {
    const first = failure(readForEver(readers()({})));
    await sleeping();
    const second = failure(readOne(readers()({})));
    await world.advance(10_000);
    expect(await first).to.include({ code: 'QUERY_TOO_SLOW' });
    expect(await second).to.include({ code: 'QUERY_TOO_SLOW' });
    expect(await readOne(readers()({}))).to.deep.equal({ one: 1 });
    expect(world.pendingTimers()).to.equal(0);
  });

  it('says so where Postgres ends a statement by itself, or is away', async () => {
    const short = await createQueryPool({ url: database.url, statementLimitMs: 2_000, world: nodeRuntime(silentLog) });
    expect(await failure(readForEver(readers({ pool: short })({})))).to.include({ code: 'QUERY_TOO_SLOW' });
    const reader = readers({ pool: short })({});
    const lost = failure(reader.one(sql.type(One)`SELECT pg_terminate_backend(pg_backend_pid()) AS one`));
    expect(await lost).to.include({ code: 'POSTGRES_UNAVAILABLE' });
    await short.end();
  });
});
