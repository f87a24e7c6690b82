import { expect } from 'chai';
import pg from 'pg';
import { sql } from 'slonik';
import { z } from 'zod';
import type { BoundedPool } from '../../../src/db/pool.ts';
import type { RowReader } from '../../../src/db/reader.ts';
import { createFastThenSlow, createQueryPool, createRowReaders } from '../../../src/db/readers.ts';
import { type FreshDatabase, freshDatabase } from '../../support/postgres.ts';
import { manualWorld, silentLog } from '../../support/world.ts';

const One = z.object({ one: z.int() });
const LOCK = 4711;
/** Short for who waits for it, and long for a statement that is held up by nothing but a busy machine. */
const TRIAL_MS = 2_000;

describe('a fast and a slow reader', () => {
  let database: FreshDatabase;
  let holder: pg.Client;
  let fast: BoundedPool;
  let slowPool: BoundedPool;
  /** Which reader ran each statement. */
  let ran: string[];

  before(async () => {
    database = await freshDatabase();
    const options = { url: database.url, name: 'test', log: silentLog };
    fast = createQueryPool({ ...options, max: 3, timeoutMs: TRIAL_MS, keepsPlans: true });
    slowPool = createQueryPool({ ...options, max: 2, timeoutMs: 60_000 });
    holder = new pg.Client({ connectionString: database.url });
    await holder.connect();
  });
  beforeEach(() => {
    ran = [];
  });
  after(async () => {
    await holder.end();
    await Promise.all([fast.close(), slowPool.close()]);
    await database.drop();
  });

  const readerOf = (world = manualWorld(), pool = fast) => {
    const limited = { pool: slowPool, cancelPool: slowPool, limitMs: 60_000, timers: world.timers };
    return createFastThenSlow({ fast: pool, slow: createRowReaders(limited), clock: world.clock });
  };
  const readOne = (reader: RowReader) => reader.one(sql.type(One)`SELECT 1 AS one`);
  const whereRun = async (reader: RowReader): Promise<void> => {
    const Row = z.object({ sort: z.string() });
    const { sort } = await reader.one(sql.type(Row)`SELECT current_setting('enable_sort') AS sort`);
    ran.push(sort === 'off' ? 'fast' : 'slow');
  };
  /** Ends once nobody holds the lock. */
  const readHeldUp = async (reader: RowReader): Promise<void> => {
    await whereRun(reader);
    await reader.any(sql.type(z.object({}))`SELECT pg_advisory_xact_lock_shared(${LOCK})`);
  };

  it('reads again what takes too long, and immediately by the slow one the next time', async () => {
    const world = manualWorld();
    const read = readerOf(world);
    const reading = { key: 'held up', shape: 'held up' };
    await holder.query(`SELECT pg_advisory_lock(${LOCK})`);
    const first = read({}, reading, readHeldUp);
    while (ran.length < 2) await new Promise(setImmediate);
    const second = read({}, reading, readHeldUp);
    while (ran.length < 3) await new Promise(setImmediate);
    await holder.query(`SELECT pg_advisory_unlock(${LOCK})`);
    await Promise.all([first, second]);
    expect(ran).to.deep.equal(['fast', 'slow', 'slow']);
    await world.advance(60_000);
    await read({}, reading, readHeldUp);
    expect(ran.at(-1)).to.equal('fast');
  });

  it('leaves connections to what is known to be fast, however much is slow', async () => {
    // Whoever has a connection keeps it until the lock is free.
    const patient = createQueryPool({ url: database.url, name: 'test', log: silentLog, max: 3, timeoutMs: 60_000 });
    const read = readerOf(manualWorld(), patient);
    const known = { key: 'one', shape: 'one' };
    await read({}, known, readOne);
    await holder.query(`SELECT pg_advisory_lock(${LOCK})`);
    const slow = Array.from({ length: 12 }, (_, index) =>
      read({}, { key: `held up ${index}`, shape: `held up ${index}` }, readHeldUp),
    );
    for (let turn = 0; turn < 20; turn++) expect(await read({}, known, readOne)).to.deep.equal({ one: 1 });
    await holder.query(`SELECT pg_advisory_unlock(${LOCK})`);
    await Promise.all(slow);
    await patient.close();
  });

  it('hands on other errors, and does not read again', async () => {
    const read = readerOf();
    const failing = async (reader: RowReader): Promise<void> => {
      await whereRun(reader);
      throw new Error('of the query');
    };
    const error = await read({}, { key: 'failing', shape: 'failing' }, failing).catch((thrown: unknown) => thrown);
    expect(error).to.have.property('message', 'of the query');
    expect(ran).to.deep.equal(['fast']);
  });
});
