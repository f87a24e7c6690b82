import { expect } from 'chai';
import pg from 'pg';
import { migrate } from '../../../src/db/migrate.ts';
import { pingPostgres } from '../../../src/db/pool.ts';
import { PostgresRejected } from '../../../src/db/rejection.ts';
import { rejection } from '../../contract/event-store-support.ts';
import { type FreshDatabase, freshDatabase } from '../../support/postgres.ts';
import { silentLog } from '../../support/world.ts';

const ROLE = 'carillon_rejected';

describe('a database that no wait makes usable', () => {
  let database: FreshDatabase;
  let admin: pg.Client;
  before(async () => {
    database = await freshDatabase();
    admin = new pg.Client({ connectionString: database.url });
    await admin.connect();
    await admin.query(`CREATE ROLE ${ROLE} LOGIN PASSWORD 'right'`);
  });
  after(async () => {
    await admin.query(`DROP ROLE ${ROLE}`);
    await admin.end();
    await database.drop();
  });

  const at = (changes: Partial<Record<'username' | 'password' | 'pathname' | 'search', string>>): string =>
    Object.assign(new URL(database.url), changes).href;
  const role = { username: ROLE, password: 'right' };

  for (const [what, changes, expected] of [
    [
      'a wrong password',
      { password: 'wrong' },
      'rejected user "carillon" or the password. Correct them in DATABASE_URL',
    ],
    ['a missing password', { password: '' }, 'requires a password. Add it to DATABASE_URL'],
    ['an unknown role', { username: 'ghost' }, 'rejected user "ghost" or the password. Correct them in DATABASE_URL'],
    ['an unknown database', { pathname: '/ghost' }, 'has no database "ghost". Create it'],
    ['TLS that the server lacks', { search: '?sslmode=verify-full' }, "doesn't support TLS. Remove sslmode"],
    [
      'a missing certificate file',
      { search: '?sslmode=verify-full&sslrootcert=/nowhere.pem' },
      "A file that DATABASE_URL names can't be read",
    ],
  ] as const) {
    it(`names the setting and what to do: ${what}`, async () => {
      const rejected = await rejection(pingPostgres(at(changes)));
      expect(rejected).to.be.instanceOf(PostgresRejected);
      expect(Object(rejected).message)
        .to.include(expected)
        .and.to.include('DATABASE_URL')
        .and.not.to.match(/wrong|SASL/);
    });
  }

  it('names the setting if the role can not log in', async () => {
    await admin.query(`ALTER ROLE ${ROLE} NOLOGIN`);
    const rejected = await rejection(pingPostgres(at(role)));
    await admin.query(`ALTER ROLE ${ROLE} LOGIN`);
    expect(Object(rejected).message).to.include('create the role with LOGIN');
  });

  it('states the grant that a role without tables needs, without a stack', async () => {
    await admin.query('CREATE SCHEMA locked');
    const rejected = await rejection(
      migrate(at({ ...role, search: `?options=${encodeURIComponent('-c search_path=locked')}` }), silentLog),
    );
    expect(rejected).to.be.instanceOf(PostgresRejected);
    expect(Object(rejected).message).to.include('GRANT CREATE ON SCHEMA').and.not.to.include('at async');
  });

  it('leaves a server that is not running to the wait', async () => {
    const url = new URL(database.url);
    url.port = '1';
    expect(await rejection(pingPostgres(url.href))).to.have.property('code', 'ECONNREFUSED');
  });
});
