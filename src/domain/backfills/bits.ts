/** Lists of yes and no, as text: one bit each, base64, the lowest bit of a byte first. */

const BITS = 8;

const isSet = (bytes: Uint8Array, index: number): boolean =>
  (((bytes[Math.floor(index / BITS)] ?? 0) >> (index % BITS)) & 1) === 1;

export const writeBits = (flags: readonly boolean[]): string => {
  const bytes = Buffer.alloc(Math.ceil(flags.length / BITS));
  for (const [index, flag] of flags.entries()) {
    if (flag) bytes[Math.floor(index / BITS)] = (bytes[Math.floor(index / BITS)] ?? 0) | (1 << (index % BITS));
  }
  return bytes.toString('base64');
};

/** Whether the bit at an index is set; it is not beyond the end. */
export const readBits = (text: string): ((index: number) => boolean) => {
  const bytes = Buffer.from(text, 'base64');
  return (index) => isSet(bytes, index);
};

/** Removes the first bits. */
export const dropBits = (text: string, count: number): string => {
  const bytes = Buffer.from(text, 'base64');
  const left = Math.max(bytes.length * BITS - count, 0);
  return writeBits(Array.from({ length: left }, (_, index) => isSet(bytes, count + index)));
};
