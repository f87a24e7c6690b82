import { expect } from 'chai';
import fc from 'fast-check';
import { idRangesOf, readIdRanges } from '../../../src/domain/id-ranges.ts';

describe('ranges of ids', () => {
  it('are the gaps before them and their lengths', () => {
    expect(idRangesOf([4, 5, 9])).to.deep.equal([4, 2, 4, 1]);
    expect(idRangesOf([])).to.deep.equal([]);
    expect(idRangesOf([1, 2, 2 ** 45])).to.deep.equal([1, 2, 2 ** 45 - 2, 1]);
  });

  it('hold the ids that they are made of, and no others', () => {
    const some = fc.uniqueArray(fc.oneof(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 2 ** 52 })));
    fc.assert(
      fc.property(some, fc.integer({ min: 0, max: 70 }), fc.integer({ min: 1, max: 5 }), (given, at, most) => {
        const ids = given.sort((a, b) => a - b);
        const set = readIdRanges(idRangesOf(ids));
        expect(set.size).to.equal(ids.length);
        expect(ids.every(set.has)).to.equal(true);
        expect(set.has(at)).to.equal(ids.includes(at));
        expect(set.after(at, most)).to.deep.equal(ids.filter((id) => id > at).slice(0, most));
      }),
    );
  });
});
