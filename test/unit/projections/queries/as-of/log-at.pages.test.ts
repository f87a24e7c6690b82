import { expect } from 'chai';
import { walkPage } from '../../../../../src/projections/queries/as-of/log-at.ts';

const at = '2026-01-01T00:00:00.000Z';

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
      const rows = ids.filter((id) => id > (place?.id ?? 0)).slice(0, rowsAtOnce + 1);
      return rows.map((id) => ({ id, found: rows.length }));
    },
    itemsOf: async function* (rows) {
      for (const { id } of rows) if (id % 2 === 0 && id > above) yield id;
    },
    placeOfRow: ({ id }) => ({ at, id }),
    placeOfItem: (id) => ({ at, id }),
  });
  return { ...walked, reads };
};

describe('a page of which each row tells whether it belongs to it', () => {
  const ids = Array.from({ length: 1_200 }, (_, index) => index + 1);

  it('ends with its limit, and says where the next one begins', async () => {
    for (const rowsAtOnce of [3, 500]) {
      const { items, moreAfter } = await walk(ids, { limit: 3, rowsAtOnce });
      expect([items, moreAfter]).to.deep.equal([[2, 4, 6], { at, id: 6 }]);
    }
  });

  it('finds the last ones, and that there are no more', async () => {
    for (const rowsAtOnce of [2, 500]) {
      const { items, moreAfter } = await walk(ids, { limit: 2, rowsAtOnce }, 1_196);
      expect([items, moreAfter]).to.deep.equal([[1_198, 1_200], undefined]);
    }
  });

  it('reads many rows at once where few of them may be wanted', async () => {
    expect(await walk(ids, { limit: 1, rowsAtOnce: 500 }, 2_000)).to.deep.equal({ items: [], reads: 3 });
  });
});
