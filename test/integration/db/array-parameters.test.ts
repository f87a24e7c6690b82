import { expect } from 'chai';
import fc from 'fast-check';
import pg from 'pg';
import { plainArray, textArray } from '../../../src/db/array-parameters.ts';
import { type FreshDatabase, freshDatabase } from '../../support/postgres.ts';

const storable = fc.string({ unit: 'binary' }).map((text) => text.toWellFormed().replaceAll('\0', ''));
const orNull = <T>(values: fc.Arbitrary<T>) => fc.array(fc.option(values));

describe('array parameters', () => {
  let database: FreshDatabase;
  let client: pg.Client;
  before(async () => {
    database = await freshDatabase();
    client = new pg.Client({ connectionString: database.url });
    await client.connect();
  });
  after(async () => {
    await client.end();
    await database.drop();
  });

  const requested = async (type: string, parameter: string | Buffer): Promise<unknown> =>
    (await client.query(`select $1::${type}[] as list`, [parameter])).rows[0]?.list;

  it('give Postgres any texts and numbers', () =>
    fc.assert(
      fc.asyncProperty(orNull(storable), orNull(fc.json()), orNull(fc.integer()), async (texts, json, numbers) => {
        expect(await requested('text', textArray(texts))).to.deep.equal(texts);
        expect(await requested('text', textArray(json))).to.deep.equal(
          json.map((text) => text?.toWellFormed() ?? null),
        );
        expect(await requested('integer', plainArray(numbers))).to.deep.equal(numbers);
      }),
    ));
});
