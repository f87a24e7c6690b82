/** Which hashes a proof consists of: those of ranges of leaves, as RFC 6962, 2.1.1 and 2.1.2, defines them. */

/** The leaves from `from` up to, but without, `to`. */
export type LeafRange = { readonly from: number; readonly to: number };

/** A complete subtree: 2^height leaves from `start` on, which is a multiple of that. */
export type Subtree = { readonly start: number; readonly height: number };

/** How many leaves are in the left subtree of a tree of this size: the largest power of 2 below it. */
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

/** The ranges whose hashes prove that a leaf is in a tree of this size, from the leaf's sibling to the root's child. */
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

/** The ranges whose hashes prove that the tree of the older size is how the one of the newer size began. */
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
  // The older tree is a complete subtree of the newer one: its own root is known.
  if (within.from > 0) ranges.push(within);
  return ranges.reverse();
};
