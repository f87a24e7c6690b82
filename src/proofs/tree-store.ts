import { consistencyRanges, inclusionRanges, type LeafRange, rootOf, type Subtree, subtreesOf } from './tree.ts';
import type { RangeProof, TreeHead } from './verify.ts';

/** What the proofs of one tenant are made of. A tree only grows, so what was read of a smaller one stays true. */
export type TreeStore = {
  /** The tree as it is now. */
  head(): Promise<TreeHead>;
  /** The hashes of complete subtrees of the tree, in the order in which they are asked for. */
  subtreeHashes(subtrees: readonly Subtree[]): Promise<readonly Buffer[]>;
  /** The index of the leaf of the event at this position; undefined where there is none. */
  indexAt(position: string): Promise<number | undefined>;
  /** How many of the first `size` leaves were recorded before this instant, epoch milliseconds. */
  countBefore(instantMs: number, size: number): Promise<number>;
  /** The leaves from an index on, as many as are read in one go: where their events are in the log, and their hashes. */
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

/** The root that the tree had when it had this many leaves. */
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
