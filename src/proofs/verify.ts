import { EMPTY_ROOT, growTree, leftSize, nodeHash, subtreesOf } from './tree.ts';

/** The claimed size and root of a tree. */
export type TreeHead = { readonly size: number; readonly root: Buffer };

type InclusionProof = { readonly leaf: Buffer; readonly index: number; readonly path: readonly Buffer[] };

/** Returns whether the leaf is in the tree at this index. */
export const isIncluded = ({ leaf, index, path }: InclusionProof, { size, root }: TreeHead): boolean => {
  if (!isIndex(index) || !isIndex(size) || index >= size) return false;
  return rootByPath(leaf, { index, size, path })?.equals(root) ?? false;
};

type Step = { readonly index: number; readonly size: number; readonly path: readonly Buffer[] };

/** The root that results from a path; `undefined` if the length of the path does not fit the tree. */
const rootByPath = (leaf: Buffer, { index, size, path }: Step): Buffer | undefined => {
  const sibling = path.at(-1);
  if (size === 1) return sibling === undefined ? leaf : undefined;
  if (sibling === undefined) return undefined;
  const middle = leftSize(size);
  const rest = path.slice(0, -1);
  const isLeft = index < middle;
  const child = isLeft
    ? rootByPath(leaf, { index, size: middle, path: rest })
    : rootByPath(leaf, { index: index - middle, size: size - middle, path: rest });
  if (child === undefined) return undefined;
  return isLeft ? nodeHash(child, sibling) : nodeHash(sibling, child);
};

/** Returns whether the newer tree begins with all leaves of the older one. */
export const isConsistent = (older: TreeHead, newer: TreeHead, proof: readonly Buffer[]): boolean => {
  if (!isIndex(older.size) || !isIndex(newer.size) || older.size > newer.size) return false;
  if (older.size === 0) return proof.length === 0 && older.root.equals(EMPTY_ROOT);
  const roots = rootsByProof({ older: older.size, newer: newer.size, proof, known: older.root });
  if (roots === undefined) return false;
  return roots.older.equals(older.root) && roots.newer.equals(newer.root);
};

type ConsistencyStep = {
  readonly older: number;
  readonly newer: number;
  readonly proof: readonly Buffer[];
  /** The root of the older tree, if it lies within this subtree. */
  readonly known: Buffer | undefined;
};

const rootsByProof = ({
  older,
  newer,
  proof,
  known,
}: ConsistencyStep): Record<'older' | 'newer', Buffer> | undefined => {
  const last = proof.at(-1);
  if (older === newer) {
    if (proof.length !== (known === undefined ? 1 : 0)) return undefined;
    const root = known ?? last;
    return root && { older: root, newer: root };
  }
  if (last === undefined) return undefined;
  const middle = leftSize(newer);
  const rest = proof.slice(0, -1);
  if (older <= middle) {
    const left = rootsByProof({ older, newer: middle, proof: rest, known });
    return left && { older: left.older, newer: nodeHash(left.newer, last) };
  }
  const right = rootsByProof({ older: older - middle, newer: newer - middle, proof: rest, known: undefined });
  return right && { older: nodeHash(last, right.older), newer: nodeHash(last, right.newer) };
};

/** Completes a range of leaves to a tree. */
export type RangeProof = {
  readonly from: number;
  /** Hashes of the complete subtrees before and after the range, from left to right. */
  readonly before: readonly Buffer[];
  readonly after: readonly Buffer[];
};

/** Checks that leaves, added one after another, are a contiguous range of a tree. */
export type RangeCheck = {
  addLeaf(hash: Buffer): void;
  count(): number;
  /** Returns whether the tree has exactly these leaves there. */
  isRangeOf(head: TreeHead): boolean;
};

/** Returns `undefined` if the proof does not fit its own index. */
export const startRangeCheck = ({ from, before, after }: RangeProof): RangeCheck | undefined => {
  if (!isIndex(from) || subtreesOf({ from: 0, to: from }).length !== before.length) return undefined;
  const tree = growTree({ size: from, hashes: before });
  let count = 0;
  return {
    addLeaf: (hash) => {
      tree.addLeaf(hash);
      count += 1;
    },
    count: () => count,
    isRangeOf: ({ size, root }) => {
      if (!isIndex(size) || from + count > size) return false;
      const rest = subtreesOf({ from: from + count, to: size });
      if (rest.length !== after.length) return false;
      const whole = growTree(tree.frontier());
      for (const [place, hash] of after.entries()) whole.addSubtree(rest[place]?.height ?? 0, hash);
      return whole.root().equals(root);
    },
  };
};

const isIndex = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;
