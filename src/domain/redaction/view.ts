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

/** An encoding of bytes as text. Each character holds `bits` bits; `values` maps character codes to them. */
type Encoding = { readonly bits: number; readonly values: Int8Array };

const NONE = -1;
/** Marks a line break: it does not end a run, since base64 is often wrapped. */
const PASSED_OVER = -2;

const alphabet = (groups: readonly string[], wraps: readonly string[] = []): Int8Array => {
  const values = new Int8Array(128).fill(NONE);
  for (const group of groups) for (let at = 0; at < group.length; at++) values[group.charCodeAt(at)] = at;
  for (const wrap of wraps) values[wrap.charCodeAt(0)] = PASSED_OVER;
  return values;
};

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const BASE64: Encoding = { bits: 6, values: alphabet([`${LETTERS}+/`, `${LETTERS}-_`], ['\r', '\n']) };
const HEX: Encoding = { bits: 4, values: alphabet(['0123456789abcdef', '0123456789ABCDEF']) };

/**
 * Decodes the runs of base64 and hexadecimal characters in a text, each byte as a Latin-1 character. The start of the
 * encoded text is unknown, so each run is decoded from each of its first few characters.
 * @param fewestBytes shorter runs are ignored
 */
export const decodedRuns = (view: View, fewestBytes: number): View[] =>
  [BASE64, HEX].flatMap((encoding) => decodeAll(view, encoding, Math.max(1, fewestBytes)));

type Run = { readonly from: number; readonly until: number };

const decodeAll = (view: View, encoding: Encoding, fewestBytes: number): View[] => {
  const runs = runsOf(view.text, encoding, Math.ceil((fewestBytes * 8) / encoding.bits));
  if (runs.length === 0) return [];
  const most = runs.reduce((sum, { from, until }) => sum + until - from + 1, 0);
  return Array.from({ length: encoding.bits === 6 ? 4 : 2 }, (_, skip) => {
    const builder = viewBuilder(most, view.sourceLength);
    for (const run of runs) decodeRun({ view, encoding, run, skip, builder });
    return builder.build();
  });
};

const valueAt = (text: string, at: number, { values }: Encoding): number => values[text.charCodeAt(at)] ?? NONE;

const runsOf = (text: string, encoding: Encoding, fewest: number): Run[] => {
  const runs: Run[] = [];
  let from = 0;
  let characters = 0;
  const end = (until: number): void => {
    if (characters >= fewest) runs.push({ from, until });
    characters = 0;
  };
  for (let at = 0; at < text.length; at++) {
    const value = valueAt(text, at, encoding);
    if (value === NONE) end(at);
    else if (value !== PASSED_OVER && characters++ === 0) from = at;
  }
  end(text.length);
  return runs;
};

type DecodeInput = {
  readonly view: View;
  readonly encoding: Encoding;
  readonly run: Run;
  /** Number of characters skipped at the beginning of the run. */
  readonly skip: number;
  readonly builder: ViewBuilder;
};

const decodeRun = ({ view, encoding, run, skip, builder }: DecodeInput): void => {
  let left = skip;
  let value = 0;
  let bits = 0;
  let previous = 0;
  for (let at = run.from; at < run.until; at++) {
    const found = valueAt(view.text, at, encoding);
    if (found === PASSED_OVER || left-- > 0) continue;
    value = ((value << encoding.bits) | found) & 0xffff;
    bits += encoding.bits;
    if (bits >= 8) {
      bits -= 8;
      builder.add((value >> bits) & 0xff, view.starts[previous] ?? 0, view.ends[at] ?? 0);
    }
    previous = bits === 0 ? at + 1 : at;
  }
  builder.add(BREAK, view.starts[run.until - 1] ?? 0, view.ends[run.until - 1] ?? 0);
};
