import { expect } from 'chai';
import pg from 'pg';
import { SchemaValidationError, sql } from 'slonik';
import { z } from 'zod';
import { createPool } from '../../../src/db/pool.ts';
import { readerOver, rowsOf, withConnection } from '../../../src/db/reader.ts';
import { createQueryPool } from '../../../src/db/readers.ts';
import { type FreshDatabase, freshDatabase } from '../../support/postgres.ts';
import { recordingLog, silentLog } from '../../support/world.ts';

describe('pools', () => {
  let database: FreshDatabase;

  before(async () => {
    database = await freshDatabase();
  });
  after(() => database.drop());

  it('replaces a connection that was lost while idle, and reports it', async () => {
    const { log, lines } = recordingLog();
    const pool = createPool({ url: database.url, name: 'carillon-test', max: 2, log });
    const { rows } = await pool.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    const removed = new Promise((resolve) => pool.once('remove', resolve));
    const killer = new pg.Client({ connectionString: database.url });
    await killer.connect();
    await killer.query('SELECT pg_terminate_backend($1)', [rows[0]?.pid]);
    await removed;
    await killer.end();
    expect((await pool.query('SELECT 1 AS one')).rows).to.deep.equal([{ one: 1 }]);
    expect(lines.map(({ level }) => level)).to.include('warn');
    await pool.end();
  });

  it('keeps index plans if configured', async () => {
    const url = new URL(database.url);
    url.searchParams.set('options', '-c work_mem=5MB');
    const pool = createQueryPool({ url: url.href, name: 'test', keepsPlans: true, log: silentLog });
    const { rows } = await pool.query(`SELECT current_setting('plan_cache_mode') AS mode,
      current_setting('enable_seqscan') AS seqscan, current_setting('enable_sort') AS sort,
      current_setting('work_mem') AS memory`);
    expect(rows).to.deep.equal([{ mode: 'force_generic_plan', seqscan: 'off', sort: 'off', memory: '5MB' }]);
    await pool.close();
  });

  it("checks each row against its query's schema, and hands out what the schema makes of it", async () => {
    const pool = createQueryPool({ url: database.url, name: 'test', log: silentLog });
    const reader = readerOver((query) => withConnection(pool, (client) => rowsOf(client, query)));
    const Row = z.object({ id: z.bigint().transform(Number), at: z.number(), share: z.number() });
    const values = sql.fragment`${'2026-03-01T08:00:00.000Z'}::timestamptz AS at, 0.5::numeric AS share`;
    expect(await reader.one(sql.type(Row)`SELECT 7::int8 AS id, ${values}`)).to.deep.equal({
      id: 7,
      at: Date.UTC(2026, 2, 1, 8),
      share: 0.5,
    });
    expect(await reader.maybeOne(sql.type(Row)`SELECT 7::int8 AS id, ${values} WHERE FALSE`)).to.equal(null);
    const wrong = await reader.one(sql.type(Row)`SELECT 'seven' AS id, ${values}`).catch((error: unknown) => error);
    expect(wrong).to.be.instanceOf(SchemaValidationError);
    await pool.close();
  });
});
