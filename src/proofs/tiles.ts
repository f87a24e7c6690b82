import {
  consistencyRanges,
  type Frontier,
  growTree,
  HASH_BYTES,
  inclusionRanges,
  type LeafRange,
  rootOf,
  type Subtree,
  subtreesOf,
} from './tree.ts';
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

/**
 * A tree is stored as tiles of 256 hashes: leaves at level 0 and, at each further level, the complete subtrees of full tiles
 * below. So no event needs its own row, and the hash of any subtree is computed from one tile.
 */
export const TILE_HASHES = 256;
export const TILE_HEIGHT = 8;

export type NewLeaf = {
  readonly hash: Buffer;
  readonly position: string;
  /** Epoch milliseconds. */
  readonly recordedAt: number;
};

/** Hashes to append to a tile. */
export type TilePart = { readonly level: number; readonly tile: number; readonly hashes: Buffer };

/** Positions of a tile's leaves in the log, to append to the known ones. */
export type PlacesPart = {
  readonly tile: number;
  readonly first: NewLeaf;
  readonly positions: Buffer;
  readonly times: Buffer;
};

/** A tree that grows by several leaves at a time. */
type GrowingTiles = {
  add(leaves: readonly NewLeaf[]): void;
  growth(): Growth;
};

type Growth = {
  readonly frontier: Frontier;
  readonly tiles: readonly TilePart[];
  readonly places: readonly PlacesPart[];
};

/** Continues a tree. Its growth consists of the new frontier and the additions to its tiles. */
export const growTiles = (before: Frontier): GrowingTiles => {
  const added = new Map<string, { level: number; tile: number; hashes: Buffer[] }>();
  let size = before.size;
  const addHash = (level: number, index: number, hash: Buffer): void => {
    const tile = Math.floor(index / TILE_HASHES);
    const key = `${level} ${tile}`;
    const part = added.get(key);
    if (part === undefined) added.set(key, { level, tile, hashes: [hash] });
    else part.hashes.push(hash);
  };
  const tree = growTree(before, (height, hash) => {
    if (height % TILE_HEIGHT === 0) addHash(height / TILE_HEIGHT, (size + 1) / 2 ** height - 1, hash);
  });
  const all: NewLeaf[] = [];
  return {
    add: (leaves) => {
      for (const leaf of leaves) {
        addHash(0, size, leaf.hash);
        tree.addLeaf(leaf.hash);
        size += 1;
        all.push(leaf);
      }
    },
    growth: () => ({
      frontier: tree.frontier(),
      tiles: [...added.values()].map((part) => ({ ...part, hashes: Buffer.concat(part.hashes) })),
      places: placesOf(before.size, all),
    }),
  };
};

const placesOf = (start: number, leaves: readonly NewLeaf[]): PlacesPart[] => {
  const parts: PlacesPart[] = [];
  for (let done = 0; done < leaves.length; ) {
    const tile = Math.floor((start + done) / TILE_HASHES);
    const ofTile = leaves.slice(done, (tile + 1) * TILE_HASHES - start);
    const [first] = ofTile;
    if (first === undefined) break;
    parts.push({ tile, first, positions: packPositions(ofTile), times: packTimes(ofTile) });
    done += ofTile.length;
  }
  return parts;
};

/** Positions and times take 8 bytes each, so that one can be read without unpacking the tile. */
const PLACE_BYTES = 8;

const packPositions = (leaves: readonly NewLeaf[]): Buffer => {
  const packed = Buffer.alloc(leaves.length * PLACE_BYTES);
  for (const [index, { position }] of leaves.entries()) packed.writeBigUInt64BE(BigInt(position), index * PLACE_BYTES);
  return packed;
};

const packTimes = (leaves: readonly NewLeaf[]): Buffer => {
  const packed = Buffer.alloc(leaves.length * PLACE_BYTES);
  for (const [index, { recordedAt }] of leaves.entries()) packed.writeDoubleBE(recordedAt, index * PLACE_BYTES);
  return packed;
};

export const positionIn = (positions: Buffer, index: number): bigint => positions.readBigUInt64BE(index * PLACE_BYTES);
export const timeIn = (times: Buffer, index: number): number => times.readDoubleBE(index * PLACE_BYTES);
export const placesIn = (packed: Buffer): number => packed.length / PLACE_BYTES;

export const hashIn = (hashes: Buffer, index: number): Buffer =>
  hashes.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES);

/** Splits concatenated hashes, as stored in tiles and frontiers. */
export const splitHashes = (packed: Buffer): Buffer[] =>
  Array.from({ length: packed.length / HASH_BYTES }, (_, index) => hashIn(packed, index));
