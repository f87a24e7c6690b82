import { expect } from 'chai';
import { createRowIndex } from '../../../../src/engine/jobs/row-index.ts';

describe('the index of rows', () => {
  it('finds the row of each id, however many there are', () => {
    const index = createRowIndex();
    const ids = Array.from({ length: 5_000 }, (_, place) => 2 ** 33 + place * 7);
    const rows = ids.map(index.add);
    expect(rows).to.deep.equal(ids.map((_, place) => place));
    expect(ids.map(index.rowOf)).to.deep.equal(rows);
    expect(rows.map(index.idAt)).to.deep.equal(ids);
    expect([index.size(), index.rowOf(1), index.delete(1)]).to.deep.equal([5_000, -1, -1]);
  });

  it('finds the others once some are deleted, and gives their rows to new ids', () => {
    const index = createRowIndex();
    const rows = new Map<number, number>();
    // As if drawn by lot, but the same each time: with many ids whose first slot is another one's.
    for (let step = 1, id = 1; step <= 20_000; step++) {
      id = (id * 48_271) % 2_147_483_647;
      const [oldest] = rows.keys();
      if (oldest !== undefined && (rows.size >= 900 || id % 3 === 0)) {
        expect(index.delete(oldest)).to.equal(rows.get(oldest));
        rows.delete(oldest);
      }
      rows.set(id, index.add(id));
    }
    for (const [id, row] of rows) expect([index.rowOf(id), index.idAt(row)]).to.deep.equal([row, id]);
    expect(new Set(rows.values()).size).to.equal(rows.size);
    expect([index.size(), index.endRow()]).to.deep.equal([rows.size, 900]);
  });
});
