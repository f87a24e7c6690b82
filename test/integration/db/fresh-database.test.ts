import { expect } from 'chai';
import pg from 'pg';
import { migrate, NewerDatabase } from '../../../src/db/migrate.ts';
import { freshDatabase } from '../../support/postgres.ts';
import { silentLog } from '../../support/world.ts';

describe('fresh database', () => {
  it('is migrated, and migrating it again applies nothing', async () => {
    const { url, drop } = await freshDatabase();
    expect(await migrate(url, silentLog)).to.deep.equal([]);
    await drop();
  });

  it('that a newer release has migrated is rejected, by a message that states what to do', async () => {
    const { url, drop } = await freshDatabase();
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query("INSERT INTO migrations (name, run_on) VALUES ('0999_tomorrow', now())");
    await client.end();
    const rejected: unknown = await migrate(url, silentLog).catch((error: unknown) => error);
    expect(rejected).to.be.instanceOf(NewerDatabase);
    expect(String(rejected)).to.match(
      /0999_tomorrow; this version knows up to 0\d+_\w+\)\. Start that version or a later one\./,
    );
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
