import { expect } from 'chai';
import pg from 'pg';
import { migrate } from '../../../src/db/migrate.ts';
import { freshDatabase } from '../../support/postgres.ts';
import { silentLog } from '../../support/world.ts';

describe('fresh database', () => {
  it('is migrated, and migrating it again applies nothing', async () => {
    const { url, drop } = await freshDatabase();
    expect(await migrate(url, silentLog)).to.deep.equal([]);
    await drop();
  });

  it('is apart from every other one', async () => {
    const [one, other] = [await freshDatabase(), await freshDatabase()];
    const client = new pg.Client({ connectionString: one.url });
    await client.connect();
    await client.query('CREATE TABLE only_here ()');
    await client.end();
    expect(one.url).not.to.equal(other.url);
    await Promise.all([one.drop(), other.drop()]);
  });
});
