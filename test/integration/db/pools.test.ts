import { expect } from 'chai';
import pg from 'pg';
import { SchemaValidationError, sql } from 'slonik';
import { z } from 'zod';
import { createPool } from '../../../src/db/pool.ts';
import { createQueryPool } from '../../../src/db/readers.ts';
import { nodeRuntime } from '../../../src/runtime/node-runtime.ts';
import { type FreshDatabase, freshDatabase } from '../../support/postgres.ts';
import { recordingLog, silentLog } from '../../support/world.ts';

describe('pools', () => {
  let database: FreshDatabase;

  before(async () => {
    database = await freshDatabase();
  });
  after(() => database.drop());

  it('replaces a connection that was lost while idle, and says so', async () => {
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

  it('keeps plans that go by indexes, where it is told to', async () => {
    const url = new URL(database.url);
    url.searchParams.set('options', '-c work_mem=5MB');
    const pool = await createQueryPool({
      statementLimitMs: 10_000,
      url: url.href,
      keepPlans: 'by key',
      world: nodeRuntime(silentLog),
    });
    const Row = z.object({ mode: z.string(), seqscan: z.string(), memory: z.string() });
    const settings = await pool.one(sql.type(Row)`SELECT current_setting('plan_cache_mode') AS mode,
      current_setting('enable_seqscan') AS seqscan, current_setting('work_mem') AS memory`);
    expect(settings).to.deep.equal({ mode: 'force_generic_plan', seqscan: 'off', memory: '5MB' });
    await pool.end();
  });

  it("checks each row against its query's schema, and hands out what the schema makes of it", async () => {
    const pool = await createQueryPool({ statementLimitMs: 10_000, url: database.url, world: nodeRuntime(silentLog) });
    const Row = z.object({ id: z.bigint().transform(Number) });
    expect(await pool.one(sql.type(Row)`SELECT 7::int8 AS id`)).to.deep.equal({ id: 7 });
    const wrong = await pool.one(sql.type(Row)`SELECT 'seven' AS id`).catch((error: unknown) => error);
    expect(wrong).to.be.instanceOf(SchemaValidationError);
    await pool.end();
  });
});
