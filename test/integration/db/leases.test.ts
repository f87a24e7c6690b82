import { once } from 'node:events';
import { expect } from 'chai';
import pg from 'pg';
import { createLeases, type LockLeases } from '../../../src/db/membership.ts';
import { type FreshDatabase, freshDatabase } from '../../support/postgres.ts';
import { manualWorld } from '../../support/world.ts';

describe('leases', () => {
  let database: FreshDatabase;
  let one: LockLeases;
  let other: LockLeases;
  const open = () => createLeases({ databaseUrl: database.url, timers: manualWorld().timers });
  const held = async (leases: LockLeases, name = 'operation 5') => {
    const lease = await leases.tryTake(name);
    if (lease === undefined) throw new Error(`somebody else has the lease of ${name}`);
    return lease;
  };

  beforeEach(async () => {
    database = await freshDatabase();
    [one, other] = [open(), open()];
  });
  afterEach(async () => {
    await Promise.all([one.close(), other.close()]);
    await database.drop();
  });

  it('are held by one process, each by its name, until they are released', async () => {
    const lease = await held(one);
    expect(await other.tryTake('operation 5')).to.equal(undefined);
    await held(other, 'operation 6');
    await lease.release();
    expect(lease.lost.aborted).to.equal(false);
    await held(other);
  });

  it('end with the process that held them', async () => {
    await held(one);
    await one.close();
    await held(other);
  });

  it('are lost with the connection, and can be taken by a new one', async () => {
    const { lost, release } = await held(one);
    const admin = new pg.Client({ connectionString: database.url });
    await admin.connect();
    const isLost = once(lost, 'abort');
    await admin.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'carillon leases'",
    );
    await admin.end();
    await isLost;
    await release();
    await held(one);
    expect(await other.tryTake('operation 5')).to.equal(undefined);
  });
});
