import { z } from 'zod';

/**
 * Sorted ids as the gap before each range and its length: [4, 2, 4, 1] are 4, 5 and 9. Consecutive ids take almost no space,
 * scattered ones a few digits each.
 */
export const IdRanges = z.array(z.int().min(1));
export type IdRanges = z.infer<typeof IdRanges>;

/** @param ids sorted, unique */
export const idRangesOf = (ids: Iterable<number>): IdRanges => {
  const ranges: number[] = [];
  let length = 0;
  let last = 0;
  for (const id of ids) {
    if (id === last + 1 && length > 0) {
      length += 1;
      ranges[ranges.length - 1] = length;
    } else {
      length = 1;
      ranges.push(id - last, length);
    }
    last = id;
  }
  return ranges;
};

export type IdSet = {
  readonly size: number;
  has(id: number): boolean;
  /** The first `most` ids after this one. */
  after(id: number, most: number): number[];
};

export const readIdRanges = (ranges: IdRanges): IdSet => {
  const count = ranges.length / 2;
  const firsts = new Float64Array(count);
  const lasts = new Float64Array(count);
  let size = 0;
  let last = 0;
  for (let range = 0; range < count; range++) {
    const [gap = 0, length = 0] = [ranges[2 * range], ranges[2 * range + 1]];
    firsts[range] = last + gap;
    last += gap + length - 1;
    lasts[range] = last;
    size += length;
  }
  /** The first range that ends at or after the id. */
  const rangeAt = (id: number): number => {
    let [low, high] = [0, count];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((lasts[middle] ?? id) >= id) high = middle;
      else low = middle + 1;
    }
    return low;
  };
  return {
    size,
    has: (id) => (firsts[rangeAt(id)] ?? Number.POSITIVE_INFINITY) <= id,
    after: (id, most) => {
      const ids: number[] = [];
      for (let range = rangeAt(id + 1); range < count && ids.length < most; range++) {
        const from = Math.max(id + 1, firsts[range] ?? 0);
        for (let next = from; next <= (lasts[range] ?? 0) && ids.length < most; next++) ids.push(next);
      }
      return ids;
    },
  };
};
