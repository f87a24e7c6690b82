/** A set of numbers from 0 to 59, in two halves of 30 bits. V8 stores integers of that size without allocating. */
export type Bits = { readonly low: number; readonly high: number };

const HALF = 30;

export const bitsOf = (values: Iterable<number>): Bits => {
  let low = 0;
  let high = 0;
  for (const value of values) {
    if (value < HALF) low |= 1 << value;
    else high |= 1 << (value - HALF);
  }
  return { low, high };
};

/** The index of the lowest bit that is set; `word` must not be 0. */
export const lowestBit = (word: number): number => 31 - Math.clz32(word & -word);
/** The index of the highest bit that is set; `word` must not be 0. */
export const highestBit = (word: number): number => 31 - Math.clz32(word);

/** The least member that is at least `from` (0 to 60); -1 if there is none. */
export const nextBit = ({ low, high }: Bits, from: number): number => {
  if (from < HALF) {
    const rest = low & (-1 << from);
    if (rest !== 0) return lowestBit(rest);
  }
  const rest = from <= HALF ? high : high & (-1 << (from - HALF));
  return rest === 0 ? -1 : HALF + lowestBit(rest);
};

/** The greatest member that is at most `to` (-1 to 59); -1 if there is none. */
export const previousBit = ({ low, high }: Bits, to: number): number => {
  if (to < 0) return -1;
  if (to >= HALF) {
    const rest = high & ((2 << (to - HALF)) - 1);
    if (rest !== 0) return HALF + highestBit(rest);
  }
  const rest = to >= HALF - 1 ? low : low & ((2 << to) - 1);
  return rest === 0 ? -1 : highestBit(rest);
};
