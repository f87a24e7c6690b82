import { expect } from 'chai';
import pg from 'pg';
import { settled, watchProcess } from '../../src/testing/quiet.ts';
import { type FreshDatabase, freshDatabase } from '../support/postgres.ts';

const TIMES = 100;

describe('the clock of tests', () => {
  let database: FreshDatabase;
  let [listener, teller]: pg.Client[] = [];

  before(async () => {
    watchProcess();
    database = await freshDatabase();
    [listener, teller] = [new pg.Client(database.url), new pg.Client(database.url)];
    await Promise.all([listener.connect(), teller.connect()]);
  });
  after(async () => {
    await Promise.all([listener?.end(), teller?.end()]);
    await database.drop();
  });

  it('advances only after listeners have received their notifications', async () => {
    let told = 0;
    listener?.on('notification', () => {
      told += 1;
    });
    await listener?.query('SET synchronous_commit TO off; LISTEN tests');
    const heard: number[] = [];
    for (let time = 1; time <= TIMES; time++) {
      await teller?.query('NOTIFY tests');
      await settled();
      heard.push(told);
    }
    expect(heard).to.deep.equal(Array.from({ length: TIMES }, (_, index) => index + 1));
  });
});
