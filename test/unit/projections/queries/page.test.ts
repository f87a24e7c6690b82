import { expect } from 'chai';
import { walkPage } from '../../../../src/projections/queries/page.ts';

/** Walks rows with these ids for the even ones above some id. */
const walk = async (
  ids: readonly number[],
  { limit, rowsAtOnce }: { limit: number; rowsAtOnce: number },
  above = 0,
) => {
  let reads = 0;
  const walked = await walkPage<{ id: number; found: number }, number>({
    ...{ limit, rowsAtOnce, after: undefined },
    rowsAfter: async (place) => {
      reads += 1;
      const rows = ids.filter((id) => id > Number(place?.[0] ?? 0)).slice(0, rowsAtOnce + 1);
      return rows.map((id) => ({ id, found: rows.length }));
    },
    itemsOf: async function* (rows) {
      for (const { id } of rows) if (id % 2 === 0 && id > above) yield id;
    },
    placeOfRow: ({ id }) => [id],
  });
  return { ...walked, reads };
};

describe('a page of which each row tells whether it belongs to it', () => {
  const ids = Array.from({ length: 1_200 }, (_, index) => index + 1);

  it('ends at its limit, and has a next page', async () => {
    for (const rowsAtOnce of [3, 500]) {
      const { items, found } = await walk(ids, { limit: 3, rowsAtOnce });
      expect([items, found]).to.deep.equal([[2, 4, 6], 4]);
    }
  });

  it('finds the last ones, and that there are no more', async () => {
    for (const rowsAtOnce of [2, 500]) {
      const { items, found } = await walk(ids, { limit: 2, rowsAtOnce }, 1_196);
      expect([items, found]).to.deep.equal([[1_198, 1_200], 2]);
    }
  });

  it('reads many rows at once where few of them may be wanted', async () => {
    expect(await walk(ids, { limit: 1, rowsAtOnce: 500 }, 2_000)).to.deep.equal({
      items: [],
      found: 0,
      reads: 3,
    });
  });
});
