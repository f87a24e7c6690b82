import { once } from 'node:events';
import { expect } from 'chai';
import { sql } from 'slonik';
import { z } from 'zod';
import { createMembershipTable } from '../../../../src/db/membership.ts';
import { type BoundedPool, createPool } from '../../../../src/db/pool.ts';
import { createQueryPool, createRowReaders } from '../../../../src/db/readers.ts';
import { openSession } from '../../../../src/db/session.ts';
import { loadSchedule } from '../../../../src/projections/load-schedule.ts';
import { type CuttableProxy, cuttableProxy } from '../../../support/cuttable-proxy.ts';
import { type FreshDatabase, freshDatabase } from '../../../support/postgres.ts';
import { manualWorld, settle, silentLog } from '../../../support/world.ts';

/** Long enough for a statement on a busy machine, since some are asked again over a new connection. */
const TIMEOUT_MS = 2_000;

describe('a Postgres that falls silent', () => {
  let database: FreshDatabase;
  let proxy: CuttableProxy;
  let pool: BoundedPool;
  beforeEach(async () => {
    database = await freshDatabase();
    proxy = await cuttableProxy(database.url);
    pool = createPool({ url: proxy.url, name: 'test', timeoutMs: TIMEOUT_MS, log: silentLog });
  });
  afterEach(async () => {
    await proxy.close();
    await database.drop();
  });

  const failureOf = (requested: Promise<unknown>): Promise<unknown> => requested.then(() => undefined, String);

  it('holds a statement no longer than is allowed, and none that comes after it', async () => {
    await Promise.all([pool.query('select 1'), pool.query('select 1'), pool.query('select 1')]);
    proxy.hush();
    expect(await failureOf(pool.query('select 1'))).to.include('timeout');
    expect((await pool.query('select 2 as two')).rows).to.deep.equal([{ two: 2 }]);
    await pool.close();
  });

  it('ends no process with a connection that is in use when it breaks', async () => {
    const client = await pool.connect();
    const ended = new Promise<void>((resolve) => client.on('end', resolve));
    proxy.reject();
    await ended;
    client.release(true);
    await pool.close();
  });

  it('holds up no pool that is closed', async () => {
    const patient = createPool({ url: proxy.url, name: 'test', timeoutMs: 600_000, log: silentLog });
    await patient.query('select 1');
    proxy.hush();
    const requested = failureOf(patient.query('select 1'));
    await settle();
    await patient.close();
    expect(await requested).to.include('the pool is closed');
    await pool.close();
  });

  it('holds no query of the read models longer than is allowed', async () => {
    const queries = createQueryPool({ url: proxy.url, name: 'test', timeoutMs: TIMEOUT_MS, log: silentLog });
    const world = manualWorld();
    const limits = { pool: queries, cancelPool: pool, limitMs: 60_000, timers: world.timers };
    const reader = createRowReaders(limits)({});
    const one = sql.type(z.object({ one: z.number() }))`select 1 as one`;
    await reader.one(one);
    proxy.hush();
    expect(await failureOf(reader.one(one))).to.include('PostgresUnavailable');
    expect(await reader.one(one)).to.deep.equal({ one: 1 });
    await queries.close();
    await pool.close();
  });

  it('loses the session of the projections, whose statements go out without waiting, and lets it be closed', async () => {
    const session = await openSession({ databaseUrl: proxy.url, name: 'test', timeoutMs: TIMEOUT_MS });
    await session.client.query('select 1');
    proxy.hush();
    const requested = await Promise.all([
      failureOf(session.client.query('select 1')),
      failureOf(session.client.query('select 2')),
    ]);
    expect(requested.every((failure) => failure !== undefined)).to.equal(true);
    if (!session.lost.aborted) await once(session.lost, 'abort');
    await session.close();
    await pool.close();
  });

  it('holds no heartbeat of an engine longer than is allowed', async () => {
    const membership = createMembershipTable(pool);
    const self = {
      engineId: '5b0c8a52-6f3a-4b53-9f0e-0a3a4a6f5d11',
      zoneData: '2026a',
      timeoutMs: 10_000,
      takenPosition: undefined,
      state: 'working',
    } as const;
    const { members } = await membership.beat({ ...self, joinedMs: undefined });
    proxy.hush();
    expect(await failureOf(membership.beat({ ...self, joinedMs: members[0]?.joinedMs }))).to.include('timeout');
    expect((await membership.beat({ ...self, joinedMs: members[0]?.joinedMs })).members).to.have.length(1);
    await pool.close();
  });

  it('keeps no failure to load the schedule to itself', async () => {
    const empty = { databaseUrl: database.url, timers: manualWorld().timers };
    expect(await failureOf(loadSchedule(empty, () => {}))).to.include('does not exist');
    await pool.close();
  });

  it('gives up loading the schedule if no rows come', async () => {
    const world = manualWorld();
    proxy.cut();
    const failure = failureOf(loadSchedule({ databaseUrl: proxy.url, timers: world.timers }, () => {}));
    await world.advance(15_000);
    expect(await failure).to.include('no row of the schedule');
    await pool.close();
  });
});
