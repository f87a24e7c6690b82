import { consistencyRanges, inclusionRanges, type LeafRange, rootOf, type Subtree, subtreesOf } from './tree.ts';
import type { RangeProof, TreeHead } from './verify.ts';

/** The stored tree of one tenant, for proofs. A tree only grows, so data of a smaller tree stays valid. */
export type TreeStore = {
  /** The current tree. */
  head(): Promise<TreeHead>;
  /** The hashes of complete subtrees, in the requested order. */
  subtreeHashes(subtrees: readonly Subtree[]): Promise<readonly Buffer[]>;
  /** Index of the leaf of the event at this position; `undefined` if there is none. */
  indexAt(position: string): Promise<number | undefined>;
  /** Number of leaves among the first `size` recorded before this instant, epoch ms. */
  countBefore(instantMs: number, size: number): Promise<number>;
  /** A page of leaves from an index on: positions of their events, and hashes. */
  leavesFrom(index: number): Promise<readonly StoredLeaf[]>;
};

export type StoredLeaf = {
  readonly position: string;
  /** Epoch milliseconds. */
  readonly recordedAt: number;
  readonly hash: Buffer;
};

const hashesOf = async (store: TreeStore, ranges: readonly LeafRange[]): Promise<Buffer[]> => {
  const subtrees = ranges.map(subtreesOf);
  const hashes = await store.subtreeHashes(subtrees.flat());
  let taken = 0;
  return subtrees.map(({ length }) => {
    taken += length;
    return rootOf(hashes.slice(taken - length, taken));
  });
};

/** The root of the tree at this size. */
export const rootAt = async (store: TreeStore, size: number): Promise<Buffer> =>
  rootOf(await store.subtreeHashes(subtreesOf({ from: 0, to: size })));

export const proveInclusion = (store: TreeStore, index: number, size: number): Promise<readonly Buffer[]> =>
  hashesOf(store, inclusionRanges(index, size));

export const proveConsistency = (store: TreeStore, older: number, newer: number): Promise<readonly Buffer[]> =>
  hashesOf(store, consistencyRanges(older, newer));

export const proveRange = async (store: TreeStore, { from, to }: LeafRange, size: number): Promise<RangeProof> => {
  const before = subtreesOf({ from: 0, to: from });
  const hashes = await store.subtreeHashes([...before, ...subtreesOf({ from: to, to: size })]);
  return { from, before: hashes.slice(0, before.length), after: hashes.slice(before.length) };
};
