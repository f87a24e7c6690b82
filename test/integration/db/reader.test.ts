import { expect } from 'chai';
import pg from 'pg';
import { sql } from 'slonik';
import { z } from 'zod';
import type { BoundedPool } from '../../../src/db/pool.ts';
import type { RowReader } from '../../../src/db/reader.ts';
import { createQueryPool, createRowReaders } from '../../../src/db/readers.ts';
import { nodeRuntime } from '../../../src/runtime/node-runtime.ts';
import { poll } from '../../support/poll.ts';
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
  let pool: BoundedPool;
  let cancelPool: BoundedPool;
  let world: ManualWorld;
  const { log, lines } = recordingLog();

  before(async () => {
    database = await freshDatabase();
    const options = { url: database.url, name: 'test', max: 1, answerMs: 60_000, log };
    pool = createQueryPool(options);
    cancelPool = createQueryPool(options);
    watcher = new pg.Client({ connectionString: database.url });
    await watcher.connect();
  });
  beforeEach(() => {
    world = manualWorld();
  });
  after(async () => {
    await watcher.end();
    await Promise.all([pool.close(), cancelPool.close()]);
    await database.drop();
  });

  const readers = (options: { pool: BoundedPool } = { pool }) =>
    createRowReaders({ pool: options.pool, cancelPool, limitMs: 10_000, timers: world.timers });
  const sleeping = async (): Promise<void> => {
    const find =
      "SELECT FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'SELECT pg_sleep%' AND datname = $1";
    await poll(async () => (await watcher.query(find, [new URL(database.url).pathname.slice(1)])).rowCount !== 0);
  };

  it('reports a read model that does not exist yet', async () => {
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

  it('cancels no statement of the next user of the connection', async () => {
    const two = createQueryPool({ url: database.url, name: 'test', max: 2, timeoutMs: 60_000, log });
    const requested = createRowReaders({ pool: two, cancelPool, limitMs: 10_000, timers: nodeRuntime(log).timers });
    for (let turn = 0; turn < 100; turn++) {
      const gone = new AbortController();
      const short = sql.type(z.object({}))`SELECT pg_sleep(${(turn % 10) / 1_000})`;
      const abandoned = [failure(requested(gone).any(short)), failure(requested(gone).any(short))];
      const others = Array.from({ length: 4 }, () =>
        requested({}).one(sql.type(One)`SELECT 1 AS one, pg_sleep(0.001)`),
      );
      setTimeout(() => gone.abort(), turn % 7);
      expect(await Promise.all(others)).to.deep.equal(Array.from({ length: 4 }, () => ({ one: 1 })));
      await Promise.all(abandoned);
    }
    await two.close();
  });

  it('reports statements that Postgres ended, and an unavailable Postgres', async () => {
    const short = createQueryPool({ url: database.url, name: 'test', timeoutMs: 2_000, log: silentLog });
    expect(await failure(readForEver(readers({ pool: short })({})))).to.include({ code: 'QUERY_TOO_SLOW' });
    const reader = readers({ pool: short })({});
    const lost = failure(reader.one(sql.type(One)`SELECT pg_terminate_backend(pg_backend_pid()) AS one`));
    expect(await lost).to.include({ code: 'POSTGRES_UNAVAILABLE' });
    await short.close();
  });
});
