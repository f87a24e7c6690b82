import { EMPTY_ROOT, nodeHash } from './hashing.ts';

/**
 * The complete subtrees of a tree, largest first, which is left to right: all that has to be known of its leaves to add
 * further ones. A tree of 6 leaves has one of 4 and one of 2.
 */
export type Frontier = {
  /** How many leaves the tree has. */
  readonly size: number;
  readonly hashes: readonly Buffer[];
};

export const EMPTY_FRONTIER: Frontier = { size: 0, hashes: [] };

/** A tree that grows at its right edge. */
export type GrowingTree = {
  addLeaf(hash: Buffer): void;
  /**
   * Adds a complete subtree of 2^height leaves.
   * @throws RangeError where the tree's size is no multiple of that
   */
  addSubtree(height: number, hash: Buffer): void;
  frontier(): Frontier;
  root(): Buffer;
};

/**
 * Goes on with a tree.
 * @param onComplete called with each inner node, once all leaves below it are there, in the order of their completion
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
    // Each subtree of the same size at the right edge becomes one with it.
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
