import { hash } from 'node:crypto';

/**
 * The complete subtrees of a tree, largest first, which is left to right: sufficient to add further leaves. A tree of 6
 * leaves has one of 4 and one of 2.
 */
export type Frontier = {
  /** Number of leaves. */
  readonly size: number;
  readonly hashes: readonly Buffer[];
};

export const EMPTY_FRONTIER: Frontier = { size: 0, hashes: [] };

/** A tree that grows at its right edge. */
export type GrowingTree = {
  addLeaf(hash: Buffer): void;
  /**
   * Adds a complete subtree of 2^height leaves.
   * @throws RangeError if the tree's size is not a multiple of that
   */
  addSubtree(height: number, hash: Buffer): void;
  frontier(): Frontier;
  root(): Buffer;
};

/**
 * Continues a tree.
 * @param onComplete called with each inner node when its subtree is complete, in order of completion
 */
export const growTree = (
  start: Frontier = EMPTY_FRONTIER,
  onComplete: (height: number, hash: Buffer) => void = () => {},
): GrowingTree => {
  const hashes = [...start.hashes];
  let { size } = start;

  const addSubtree = (height: number, added: Buffer): void => {
    const leaves = 2 ** height;
    if (size % leaves !== 0) throw new RangeError(`a subtree of ${leaves} leaves cannot follow ${size}`);
    let hash = added;
    let reached = height;
    // Merges with each subtree of the same size at the right edge.
    for (let before = size / leaves; before % 2 === 1; before = (before - 1) / 2) {
      const left = hashes.pop();
      if (left === undefined) throw new RangeError(`a tree of ${size} leaves has more complete subtrees`);
      hash = nodeHash(left, hash);
      reached += 1;
      onComplete(reached, hash);
    }
    hashes.push(hash);
    size += leaves;
  };

  return {
    addLeaf: (hash) => addSubtree(0, hash),
    addSubtree,
    frontier: () => ({ size, hashes: [...hashes] }),
    root: () => rootOf(hashes),
  };
};

/** The root over complete subtrees, given from left to right. */
export const rootOf = (subtrees: readonly Buffer[]): Buffer =>
  subtrees.length === 0 ? EMPTY_ROOT : subtrees.reduceRight((right, left) => nodeHash(left, right));

/** Determines the hashes of a proof: those of ranges of leaves, as defined by RFC 6962, 2.1.1 and 2.1.2. */

/** Leaves; `to` is exclusive. */
export type LeafRange = { readonly from: number; readonly to: number };

/** A complete subtree: 2^height leaves from `start`, which is a multiple of that. */
export type Subtree = { readonly start: number; readonly height: number };

/** Number of leaves in the left subtree of a tree of this size: the largest power of 2 below it. */
export const leftSize = (size: number): number => {
  let left = 1;
  while (left * 2 < size) left *= 2;
  return left;
};

/** The fewest complete subtrees that make up a range, from left to right. */
export const subtreesOf = ({ from, to }: LeafRange): Subtree[] => {
  const subtrees: Subtree[] = [];
  for (let start = from; start < to; ) {
    let height = 0;
    while (start % 2 ** (height + 1) === 0 && start + 2 ** (height + 1) <= to) height += 1;
    subtrees.push({ start, height });
    start += 2 ** height;
  }
  return subtrees;
};

/**
 * The ranges with hashes that prove a leaf's inclusion in a tree of this size, from the leaf's sibling to the root's child.
 */
export const inclusionRanges = (index: number, size: number): LeafRange[] => {
  const ranges: LeafRange[] = [];
  for (let within = { from: 0, to: size }; within.to - within.from > 1; ) {
    const middle = within.from + leftSize(within.to - within.from);
    const [left, right] = [
      { from: within.from, to: middle },
      { from: middle, to: within.to },
    ];
    ranges.push(index < middle ? right : left);
    within = index < middle ? left : right;
  }
  return ranges.reverse();
};

/** The ranges with hashes that prove that the newer tree extends the older one. */
export const consistencyRanges = (older: number, newer: number): LeafRange[] => {
  if (older === 0 || older === newer) return [];
  const ranges: LeafRange[] = [];
  let within = { from: 0, to: newer };
  while (older < within.to) {
    const middle = within.from + leftSize(within.to - within.from);
    const [left, right] = [
      { from: within.from, to: middle },
      { from: middle, to: within.to },
    ];
    ranges.push(older <= middle ? right : left);
    within = older <= middle ? left : right;
  }
  // If the older tree is a complete subtree of the newer one, its root is known.
  if (within.from > 0) ranges.push(within);
  return ranges.reverse();
};

/**
 * Hashes of RFC 6962, 2.1: leaves and inner nodes have different prefixes, so that neither can be mistaken for the other.
 */

export const HASH_BYTES = 32;
const LEAF_PREFIX = '\0';
const NODE_PREFIX = 1;

/** A one-character-per-byte text avoids creating a second buffer per digest, which would triple the cost. */
const sha256 = (content: string | Buffer): Buffer => Buffer.from(hash('sha256', content, 'binary'), 'binary');

/** The root of a tree without leaves. */
export const EMPTY_ROOT: Buffer = sha256('');

/** The hash of a leaf: a zero byte, then its content as UTF-8 text or bytes. */
export const leafHash = (content: string | Buffer): Buffer =>
  sha256(typeof content === 'string' ? LEAF_PREFIX + content : Buffer.concat([Buffer.of(0), content]));

const scratch = Buffer.alloc(1 + 2 * HASH_BYTES, NODE_PREFIX);

export const nodeHash = (left: Buffer, right: Buffer): Buffer => {
  left.copy(scratch, 1);
  right.copy(scratch, 1 + HASH_BYTES);
  return sha256(scratch);
};
