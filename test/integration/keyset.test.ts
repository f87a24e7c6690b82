import { expect } from 'chai';
import fc from 'fast-check';
import { sql } from 'slonik';
import { z } from 'zod';
import type { BoundedPool } from '../../src/db/pool.ts';
import { readerOver, rowsOf, withConnection } from '../../src/db/reader.ts';
import { createQueryPool } from '../../src/db/readers.ts';
import { toInstant } from '../../src/domain/values.ts';
import { type KeyColumns, keysetOf, type Place } from '../../src/projections/queries/keyset.ts';
import { toListPage } from '../../src/projections/queries/page.ts';
import { bigint, instant } from '../../src/projections/queries/row.ts';
import { type FreshDatabase, freshDatabase } from '../support/postgres.ts';
import { silentLog } from '../support/world.ts';

const Row = z.object({ at: instant, name: z.string(), id: bigint });
type Row = z.infer<typeof Row>;

/** Orders of lists, and the place of a row in each. */
const ORDERS: readonly (readonly [columns: KeyColumns, placeOf: (row: Row) => Place])[] = [
  [{ at: 'timestamptz', id: 'bigint' }, ({ at, id }) => [at, id]],
  [{ name: 'text', id: 'bigint' }, ({ name, id }) => [name, id]],
  [{ id: 'bigint' }, ({ id }) => [id]],
];

const compare = (a: Place, b: Place): number => {
  for (const [index, left] of a.entries()) {
    const right = b[index] ?? 0;
    if (left !== right) return left < right ? -1 : 1;
  }
  return 0;
};

/** Few instants and names, so that many rows share one. */
const anyRows = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 3 }), fc.constantFrom('a', 'B', 'ä', 'a b', 'A', '')), { maxLength: 30 })
  .map((rows) => rows.map(([day, name], id): Row => ({ at: toInstant(day * 86_400_000), name, id })));

describe('a list that is paged by a keyset', () => {
  let database: FreshDatabase;
  let pool: BoundedPool;
  before(async () => {
    database = await freshDatabase();
    pool = createQueryPool({ url: database.url, name: 'test', log: silentLog });
  });
  after(async () => {
    await pool.close();
    await database.drop();
  });

  it('has each row once, in order, forwards and back', async () => {
    const reader = readerOver((query) => withConnection(pool, (client) => rowsOf(client, query)));
    const pageOf = async (
      rows: readonly Row[],
      [columns, placeOf]: (typeof ORDERS)[number],
      { limit, ...requested }: { readonly limit: number; readonly isDescending: boolean; readonly cursor?: string },
    ) => {
      const keyset = keysetOf(columns, { ...requested, isTwoWay: true });
      const values = rows.map(({ at, name, id }) => [at, name, id]);
      const found = await reader.any(sql.type(Row)`
        SELECT at, name COLLATE "C" AS name, id
        FROM ${sql.unnest(values, ['timestamptz', 'text', 'int8'])} AS listed (at, name, id)
        WHERE ${keyset.isBeyond('listed')} ORDER BY ${keyset.order('listed')} LIMIT ${limit + 1}`);
      return toListPage(found, { limit, keyset, placeOf, item: ({ id }) => id });
    };
    await fc.assert(
      fc.asyncProperty(
        anyRows,
        fc.constantFrom(...ORDERS),
        fc.record({ limit: fc.integer({ min: 1, max: 12 }), isDescending: fc.boolean() }),
        async (rows, order, requested) => {
          const [, placeOf] = order;
          const sign = requested.isDescending ? -1 : 1;
          const expected = rows.toSorted((a, b) => sign * compare(placeOf(a), placeOf(b))).map(({ id }) => id);
          let page = await pageOf(rows, order, requested);
          expect(page.previous).to.equal(undefined);
          const forwards = [...page.items];
          while (page.next !== undefined) {
            page = await pageOf(rows, order, { ...requested, cursor: page.next });
            forwards.push(...page.items);
          }
          expect(forwards).to.deep.equal(expected);
          const back = [...page.items];
          while (page.previous !== undefined) {
            page = await pageOf(rows, order, { ...requested, cursor: page.previous });
            back.unshift(...page.items);
          }
          expect(back).to.deep.equal(expected);
        },
      ),
      { numRuns: 60 },
    );
  });
});
