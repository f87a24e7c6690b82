import { expect } from 'chai';
import fc from 'fast-check';
import {
  consistencyRanges,
  EMPTY_ROOT,
  growTree,
  inclusionRanges,
  type LeafRange,
  leafHash,
  rootOf,
  subtreesOf,
} from '../../../src/proofs/tree.ts';
import { isConsistent, isIncluded, startRangeCheck } from '../../../src/proofs/verify.ts';
import { leafOf, naiveConsistency, naivePath, naiveRoot } from './oracle.ts';

const hex = (text: string): Buffer => Buffer.from(text, 'hex');

/** The reference leaves and roots of Certificate Transparency, by the size of the tree. */
const INPUTS = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'];
const ROOTS = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

const PATHS = [
  { index: 0, size: 1, path: [] },
  { index: 0, size: 2, path: ['96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7'] },
  { index: 1, size: 2, path: ['6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d'] },
  { index: 2, size: 3, path: ['fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125'] },
  {
    index: 1,
    size: 5,
    path: [
      '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
    ],
  },
  {
    index: 0,
    size: 8,
    path: [
      '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
    ],
  },
  {
    index: 5,
    size: 8,
    path: [
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ],
  },
];

const CONSISTENCIES = [
  { older: 1, newer: 1, proof: [] },
  {
    older: 1,
    newer: 8,
    proof: [
      '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
    ],
  },
  {
    older: 2,
    newer: 5,
    proof: [
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
    ],
  },
  {
    older: 6,
    newer: 8,
    proof: [
      '0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a',
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ],
  },
];

const leaves = INPUTS.map((input) => leafHash(hex(input)));

/** The hashes of ranges, as a store of subtrees gives them. */
const hashesOf = (ranges: readonly LeafRange[], of: readonly Buffer[]): Buffer[] =>
  ranges.map((range) =>
    rootOf(subtreesOf(range).map(({ start, height }) => naiveRoot(of.slice(start, start + 2 ** height)))),
  );

const headOf = (of: readonly Buffer[], size = of.length) => ({ size, root: naiveRoot(of.slice(0, size)) });

const someLeaves = (count: number): Buffer[] =>
  Array.from({ length: count }, (_, index) => leafOf(Buffer.from(String(index))));

describe('tree of RFC 6962', () => {
  it('hashes a string as its bytes in UTF-8', () => {
    expect(leafHash('\u2014x')).to.deep.equal(leafOf(Buffer.from('\u2014x')));
  });

  it('has the published roots', () => {
    expect(EMPTY_ROOT.toString('hex')).to.equal(ROOTS[0]);
    const tree = growTree();
    expect(tree.root().toString('hex')).to.equal(ROOTS[0]);
    for (const [index, leaf] of leaves.entries()) {
      tree.addLeaf(leaf);
      expect(tree.root().toString('hex')).to.equal(ROOTS[index + 1]);
    }
  });

  for (const { index, size, path } of PATHS) {
    it(`proves leaf ${index} of ${size} as published`, () => {
      const of = leaves.slice(0, size);
      const proof = hashesOf(inclusionRanges(index, size), of);
      expect(proof.map((hash) => hash.toString('hex'))).to.deep.equal(path);
      const leaf = leaves[index] ?? EMPTY_ROOT;
      expect(isIncluded({ leaf, index, path: proof }, { size, root: hex(ROOTS[size] ?? '') })).to.equal(true);
    });
  }

  for (const { older, newer, proof } of CONSISTENCIES) {
    it(`proves that ${newer} leaves begin with ${older} as published`, () => {
      const found = hashesOf(consistencyRanges(older, newer), leaves.slice(0, newer));
      expect(found.map((hash) => hash.toString('hex'))).to.deep.equal(proof);
      expect(
        isConsistent(
          { size: older, root: hex(ROOTS[older] ?? '') },
          { size: newer, root: hex(ROOTS[newer] ?? '') },
          found,
        ),
      ).to.equal(true);
    });
  }

  it('grows on from any size to the root that the definition gives', () => {
    fc.assert(
      fc.property(fc.nat(300), fc.nat(300), (first, further) => {
        const all = someLeaves(first + further);
        const begun = growTree();
        for (const leaf of all.slice(0, first)) begun.addLeaf(leaf);
        const grown = growTree(begun.frontier());
        for (const leaf of all.slice(first)) grown.addLeaf(leaf);
        expect(grown.root()).to.deep.equal(naiveRoot(all));
      }),
    );
  });

  it('reports each complete subtree once, when its last leaf is added', () => {
    fc.assert(
      fc.property(fc.nat(200), (size) => {
        const all = someLeaves(size);
        const told: string[] = [];
        let added = 0;
        const tree = growTree(undefined, (height, hash) => {
          const end = added + 1;
          expect(hash).to.deep.equal(naiveRoot(all.slice(end - 2 ** height, end)));
          told.push(`${height} ${end}`);
        });
        for (const leaf of all) {
          tree.addLeaf(leaf);
          added += 1;
        }
        expect(new Set(told).size).to.equal(told.length);
        expect(told).to.have.length(all.length - tree.frontier().hashes.length);
      }),
    );
  });

  it('rejects a subtree that does not fit there', () => {
    const tree = growTree();
    tree.addLeaf(leafHash('a'));
    expect(() => tree.addSubtree(1, leafHash('b'))).to.throw(RangeError);
  });
});

describe('proofs', () => {
  const sizes = fc.integer({ min: 1, max: 130 });

  it('are the definition\u2019s for every leaf and size, and hold', () => {
    fc.assert(
      fc.property(sizes, fc.nat(), (size, any) => {
        const all = someLeaves(size);
        const index = any % size;
        const path = hashesOf(inclusionRanges(index, size), all);
        expect(path).to.deep.equal(naivePath(index, all));
        expect(isIncluded({ leaf: all[index] ?? EMPTY_ROOT, index, path }, headOf(all))).to.equal(true);
      }),
    );
  });

  it('of consistency are the definition\u2019s for all sizes, and hold', () => {
    fc.assert(
      fc.property(sizes, fc.nat(), (newer, any) => {
        const all = someLeaves(newer);
        const older = 1 + (any % newer);
        const proof = hashesOf(consistencyRanges(older, newer), all);
        expect(proof).to.deep.equal(naiveConsistency(older, all));
        expect(isConsistent(headOf(all, older), headOf(all), proof)).to.equal(true);
      }),
    );
  });

  it('do not hold for another leaf, index, size, root or path', () => {
    const other = leafHash('other');
    fc.assert(
      fc.property(sizes, fc.nat(), fc.nat(), (size, any, place) => {
        const all = someLeaves(size);
        const index = any % size;
        const leaf = all[index] ?? EMPTY_ROOT;
        const path = naivePath(index, all);
        const head = headOf(all);
        const changed = path.map((hash, at) => (at === place % path.length ? other : hash));
        const wrong = [
          isIncluded({ leaf: other, index, path }, head),
          isIncluded({ leaf, index: size, path }, head),
          isIncluded({ leaf, index: -1, path }, head),
          isIncluded({ leaf, index: index + 0.5, path }, head),
          isIncluded({ leaf, index, path }, { ...head, root: other }),
          isIncluded({ leaf, index, path: [...path, other] }, head),
          isIncluded({ leaf, index, path: [other, ...path] }, head),
          ...(path.length === 0
            ? []
            : [
                isIncluded({ leaf, index, path: path.slice(1) }, head),
                isIncluded({ leaf, index, path: path.slice(0, -1) }, head),
                isIncluded({ leaf, index, path: changed }, head),
                isIncluded({ leaf, index: index === 0 ? 1 : index - 1, path }, head),
              ]),
        ];
        expect(wrong).to.not.include(true);
      }),
    );
  });

  it('of consistency do not hold for a tree that was written again', () => {
    const other = leafHash('other');
    fc.assert(
      fc.property(sizes, fc.nat(), fc.nat(), (newer, any, place) => {
        const all = someLeaves(newer);
        const older = 1 + (any % newer);
        const rewritten = all.map((leaf, at) => (at === place % older ? other : leaf));
        const proof = naiveConsistency(older, rewritten);
        const [before, after] = [headOf(all, older), headOf(rewritten)];
        const wrong = [
          isConsistent(before, after, proof),
          isConsistent(before, after, naiveConsistency(older, all)),
          isConsistent(before, headOf(all), [...naiveConsistency(older, all), other]),
          isConsistent({ ...before, root: other }, headOf(all), naiveConsistency(older, all)),
          isConsistent({ ...before, size: newer + 1 }, headOf(all), []),
          isConsistent({ size: 0, root: other }, headOf(all), []),
        ];
        expect(wrong).to.not.include(true);
        expect(isConsistent({ size: 0, root: EMPTY_ROOT }, headOf(all), [])).to.equal(true);
      }),
    );
  });

  it('of a range hold for all of its leaves in their order, and for nothing else', () => {
    fc.assert(
      fc.property(sizes, fc.nat(), fc.nat(), fc.nat(), (size, first, second, place) => {
        const all = someLeaves(size);
        const [from = 0, to = 0] = [first % (size + 1), second % (size + 1)].sort((a, b) => a - b);
        const before = hashesOf(subtreesOf({ from: 0, to: from }).map(rangeOf), all);
        const after = hashesOf(subtreesOf({ from: to, to: size }).map(rangeOf), all);
        const proves = (range: readonly Buffer[], at = from): boolean => {
          const check = startRangeCheck({ from: at, before, after });
          for (const leaf of range) check?.addLeaf(leaf);
          return check?.isRangeOf(headOf(all)) ?? false;
        };
        const range = all.slice(from, to);
        expect(proves(range)).to.equal(true);
        expect(proves([...range, leafHash('more')])).to.equal(false);
        if (range.length > 0) {
          const at = place % range.length;
          expect(proves(range, from + 1)).to.equal(false);
          expect(proves(range.filter((_, each) => each !== at))).to.equal(false);
          expect(proves(range.map((leaf, each) => (each === at ? leafHash('other') : leaf)))).to.equal(false);
        }
        if (range.length > 1) expect(proves([...range].reverse())).to.equal(false);
      }),
    );
  });
});

const rangeOf = ({ start, height }: { start: number; height: number }): LeafRange => ({
  from: start,
  to: start + 2 ** height,
});
