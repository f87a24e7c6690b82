/**
 * A text after decoding: escapes were undone, or base64 was decoded. For each of its characters it has the place in the
 * original text that the character came from.
 */
export type View = {
  readonly text: string;
  /** By character: where it begins and ends (exclusive) in the original. */
  readonly starts: ArrayLike<number>;
  readonly ends: ArrayLike<number>;
  /** Length of the original. */
  readonly sourceLength: number;
};

/** Separates pieces of a view that do not belong together: no match crosses it. A noncharacter of Unicode. */
export const BREAK = 0xffff;

/** The view of a text that needs no decoding. */
export const viewOf = (text: string): View => {
  const starts = new Int32Array(text.length);
  const ends = new Int32Array(text.length);
  for (let at = 0; at < text.length; at++) {
    starts[at] = at;
    ends[at] = at + 1;
  }
  return { text, starts, ends, sourceLength: text.length };
};

export type ViewBuilder = {
  /** Adds a character (a UTF-16 code unit) that came from this span of the original. */
  add(code: number, start: number, end: number): void;
  build(): View;
};

/** @param most how many characters the view may have */
export const viewBuilder = (most: number, sourceLength: number): ViewBuilder => {
  const codes = new Uint16Array(most);
  const starts = new Int32Array(most);
  const ends = new Int32Array(most);
  let length = 0;
  return {
    add: (code, start, end) => {
      codes[length] = code;
      starts[length] = start;
      ends[length] = end;
      length++;
    },
    build: () => ({
      text: Buffer.from(codes.buffer, 0, length * 2).toString('utf16le'),
      starts: starts.subarray(0, length),
      ends: ends.subarray(0, length),
      sourceLength,
    }),
  };
};
