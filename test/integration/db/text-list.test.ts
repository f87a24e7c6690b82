import { expect } from 'chai';
import fc from 'fast-check';
import pg from 'pg';
import { fromTextList, isListable, plainArray, textArray, textList } from '../../../src/db/text-list.ts';
import { type FreshDatabase, freshDatabase } from '../../support/postgres.ts';

const storable = fc.string({ unit: 'binary' }).map((text) => text.toWellFormed().replaceAll('\0', ''));
const orNull = <T>(values: fc.Arbitrary<T>) => fc.array(fc.option(values), { minLength: 1 });

describe('lists of texts as parameters', () => {
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

  const asked = async (expression: string, parameter: string): Promise<unknown> =>
    (await client.query(`select ${expression} as list`, [parameter])).rows[0]?.list;

  it('give Postgres any JSON as it is', () =>
    fc.assert(
      fc.asyncProperty(orNull(fc.json()), async (texts) => {
        expect(texts.every((text) => text === null || isListable(text))).to.equal(true);
        const storableTexts = texts.map((text) => text?.toWellFormed() ?? null);
        // One absent text alone is a list of none: `unnest` of several lists makes up for it.
        const expected = texts.length === 1 && texts[0] === null ? [] : storableTexts;
        expect(await asked(fromTextList('$1'), textList(storableTexts))).to.deep.equal(expected);
      }),
    ));

  it('give Postgres any texts and numbers as arrays', () =>
    fc.assert(
      fc.asyncProperty(orNull(storable), orNull(fc.integer()), async (texts, numbers) => {
        expect(await asked('$1::text[]', textArray(texts))).to.deep.equal(texts);
        expect(await asked('$1::integer[]', plainArray(numbers))).to.deep.equal(numbers);
      }),
    ));

  it('are not for texts that hold the separator', () => {
    expect(isListable('a\u001fb')).to.equal(false);
  });
});
