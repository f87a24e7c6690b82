import { BREAK, type View, viewBuilder, viewOf } from './view.ts';

/** One escape of JSON or HTML, or a run of percent-encoded bytes. */
const ESCAPE =
  /\\u([0-9a-f]{4})|\\([nrtbf]|[^a-z0-9])|((?:%[0-9a-f]{2})+)|&(?:(amp|lt|gt|quot|apos)|#(\d{1,7})|#x([0-9a-f]{1,6}));/gi;

const JSON_LETTERS = new Map([
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['b', '\b'],
  ['f', '\f'],
]);
const HTML_NAMES = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
]);

type Piece = { readonly text: string; readonly start: number; readonly end: number };

/** Undoes one layer of escapes of JSON, URLs and HTML; undefined if the view has none. Takes linear time. */
export const unescapeOnce = (view: View): View | undefined => {
  const { text, starts, ends, sourceLength } = view;
  if (!/[\\%&]/.test(text)) return undefined;
  const builder = viewBuilder(text.length, sourceLength);
  let copied = 0;
  let changed = false;
  const copyTo = (until: number): void => {
    for (; copied < until; copied++) builder.add(text.charCodeAt(copied), starts[copied] ?? 0, ends[copied] ?? 0);
  };
  for (const match of text.matchAll(ESCAPE)) {
    changed = true;
    copyTo(match.index);
    for (const piece of piecesOf(match)) {
      const start = starts[match.index + piece.start] ?? 0;
      const end = ends[match.index + piece.end - 1] ?? 0;
      for (let at = 0; at < piece.text.length; at++) builder.add(piece.text.charCodeAt(at), start, end);
    }
    copied = match.index + match[0].length;
  }
  copyTo(text.length);
  return changed ? builder.build() : undefined;
};

const piecesOf = ([whole, unicode, letter, percent, name, decimal, hex]: RegExpExecArray): Piece[] => {
  if (percent !== undefined) return percentPieces(percent);
  const text =
    unicode !== undefined
      ? String.fromCharCode(Number.parseInt(unicode, 16))
      : letter !== undefined
        ? (JSON_LETTERS.get(letter.toLowerCase()) ?? letter)
        : (HTML_NAMES.get(name?.toLowerCase() ?? '') ?? characterOf(decimal, hex));
  return [{ text, start: 0, end: whole.length }];
};

const characterOf = (decimal: string | undefined, hex: string | undefined): string => {
  const code = decimal === undefined ? Number.parseInt(hex ?? '0', 16) : Number.parseInt(decimal, 10);
  return code <= 0x10_ffff ? String.fromCodePoint(code) : '\ufffd';
};

/** Decodes percent-encoded bytes as UTF-8; bytes that are not valid UTF-8 are decoded as Latin-1. */
const percentPieces = (escaped: string): Piece[] => {
  const bytes = Buffer.from(escaped.replaceAll('%', ''), 'hex');
  const pieces: Piece[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = utf8Length(bytes, at);
    const encoding = length === 1 && (bytes[at] ?? 0) > 0x7f ? 'latin1' : 'utf8';
    pieces.push({ text: bytes.toString(encoding, at, at + length), start: at * 3, end: (at + length) * 3 });
    at += length;
  }
  return pieces;
};

/** How many bytes from `at` on are one character; 1 if they are not valid UTF-8. */
const utf8Length = (bytes: Buffer, at: number): number => {
  const first = bytes[at] ?? 0;
  const length = first >= 0xf0 && first < 0xf5 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 1;
  if (first >= 0xf5) return 1;
  for (let next = 1; next < length; next++) if (((bytes[at + next] ?? 0) & 0xc0) !== 0x80) return 1;
  return length;
};

/** How many layers of escapes are undone, one inside the other. A value with more is masked whole. */
export const MAX_LAYERS = 10;

/** In a URL, the `#` in a secret begins a fragment, and only the part before it is sent. A shorter part is no form. */
const MIN_BEGINNING = 8;

/**
 * The forms in which a secret can occur in an unescaped text: the secret itself, what a URL or a wrong character encoding
 * turns it into, and each of these with its own escapes undone.
 */
export const formsOf = (secret: string): string[] => {
  const fragment = secret.indexOf('#');
  const forms = [
    secret,
    // UTF-8 cannot encode half of a surrogate pair and replaces it.
    secret.toWellFormed(),
    // UTF-8 that was read as Latin-1, as `decodedRuns` reads base64 and hexadecimal.
    Buffer.from(secret).toString('latin1'),
    // A URL turns the backslashes of its path into slashes.
    secret.replaceAll('\\', '/'),
    ...(fragment >= MIN_BEGINNING ? [secret.slice(0, fragment)] : []),
  ];
  return [...new Set(forms.flatMap((form) => [form, withoutEscapes(form)]))];
};

const withoutEscapes = (text: string): string => {
  let view = viewOf(text);
  for (let layer = 0; layer < MAX_LAYERS; layer++) {
    const inner = unescapeOnce(view);
    if (inner === undefined) break;
    view = inner;
  }
  return view.text;
};

/** A part of the original text; `end` is exclusive. */
export type TextSpan = { readonly start: number; readonly end: number };

export type SecretSearch = {
  /** Whether a text contains any of the secrets. */
  occursIn(text: string): boolean;
  /** Finds secrets in a view, as spans of the original text. */
  find(view: View): TextSpan[];
  /** The beginning of a secret at the very end of a view, if it has at least `fewest` characters. */
  findBeginningAtEnd(view: View, fewest: number): TextSpan | undefined;
};

/**
 * Marks the characters that a comparison skips: backslashes, tabs and line breaks. It also ignores case, and takes `+`
 * for a blank.
 */
const DROPPED = 0xfffe;

const foldOf = (code: number): number => {
  const character = String.fromCharCode(code);
  if ('\\\t\r\n'.includes(character)) return DROPPED;
  if (character === '+') return 0x20;
  if (character === 'ς') return 'σ'.charCodeAt(0);
  const lower = character.toLowerCase();
  return lower.length === 1 ? lower.charCodeAt(0) : code;
};

const ASCII_FOLDS = Uint16Array.from({ length: 128 }, (_, code) => foldOf(code));
const fold = (code: number): number => (code < 128 ? (ASCII_FOLDS[code] ?? code) : foldOf(code));

/** How many characters of a text a comparison does not skip. */
export const foldedLength = (text: string): number => {
  let length = 0;
  for (let at = 0; at < text.length; at++) if (fold(text.charCodeAt(at)) !== DROPPED) length++;
  return length;
};

/**
 * Searches for all patterns in one pass. The time is linear in the length of the text, however similar the patterns.
 * Source: Aho and Corasick, Efficient string matching: an aid to bibliographic search, 1975.
 */
export const createSecretSearch = (patterns: readonly string[]): SecretSearch => {
  const { next, fails, depths, matches } = buildAutomaton(patterns);

  const step = (from: number, code: number): number => {
    for (let node = from; ; node = fails[node] ?? 0) {
      const to = next.get(edge(node, code));
      if (to !== undefined) return to;
      if (node === 0) return 0;
    }
  };

  /** @returns the node at the end of the view, and the indexes of the characters that were not skipped */
  const walk = (view: View, found: (node: number, places: Int32Array, counted: number) => void) => {
    const { text } = view;
    const places = new Int32Array(text.length);
    let counted = 0;
    let node = 0;
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === BREAK) {
        if (at < text.length - 1) node = 0;
        continue;
      }
      const folded = fold(code);
      if (folded === DROPPED) continue;
      places[counted++] = at;
      node = step(node, folded);
      if (matches[node] !== 0) found(node, places, counted);
    }
    return { node, places, counted };
  };

  const spanOf = (view: View, places: Int32Array, from: number, until: number): TextSpan => ({
    start: view.starts[places[from] ?? 0] ?? 0,
    end: view.ends[places[until - 1] ?? 0] ?? 0,
  });

  return {
    occursIn: (text) => {
      let node = 0;
      for (let at = 0; at < text.length; at++) {
        const folded = fold(text.charCodeAt(at));
        if (folded === DROPPED) continue;
        node = step(node, folded);
        if (matches[node] !== 0) return true;
      }
      return false;
    },
    find: (view) => {
      const spans: TextSpan[] = [];
      walk(view, (node, places, counted) => spans.push(spanOf(view, places, counted - (matches[node] ?? 0), counted)));
      return spans;
    },
    findBeginningAtEnd: (view, fewest) => {
      const { node, places, counted } = walk(view, () => {});
      const length = depths[node] ?? 0;
      return length < fewest ? undefined : spanOf(view, places, counted - length, counted);
    },
  };
};

const edge = (node: number, code: number): number => node * 0x1_0000 + code;

type Automaton = {
  readonly next: ReadonlyMap<number, number>;
  /** By node: the node of its longest proper suffix that is the beginning of a pattern. */
  readonly fails: Int32Array;
  /** By node: how many characters lead to it. */
  readonly depths: readonly number[];
  /** By node: the length of the longest pattern that ends there; 0 if none does. */
  readonly matches: Int32Array;
};

const buildAutomaton = (patterns: readonly string[]): Automaton => {
  const next = new Map<number, number>();
  const parents = [0];
  const codes = [0];
  const depths = [0];
  const ends = new Set<number>();
  for (const pattern of patterns) {
    let node = 0;
    for (let at = 0; at < pattern.length; at++) {
      const code = fold(pattern.charCodeAt(at));
      if (code === DROPPED) continue;
      const known = next.get(edge(node, code));
      if (known === undefined) {
        next.set(edge(node, code), parents.length);
        parents.push(node);
        codes.push(code);
        depths.push((depths[node] ?? 0) + 1);
      }
      node = known ?? parents.length - 1;
    }
    if (node !== 0) ends.add(node);
  }
  const fails = new Int32Array(parents.length);
  const matches = new Int32Array(parents.length);
  for (const node of byDepth(depths)) {
    const parent = parents[node] ?? 0;
    const code = codes[node] ?? 0;
    if (parent !== 0) {
      let from = fails[parent] ?? 0;
      while (from !== 0 && !next.has(edge(from, code))) from = fails[from] ?? 0;
      fails[node] = next.get(edge(from, code)) ?? 0;
    }
    matches[node] = ends.has(node) ? (depths[node] ?? 0) : (matches[fails[node] ?? 0] ?? 0);
  }
  return { next, fails, depths, matches };
};

/** All nodes but the root, in the order of their depth. */
const byDepth = (depths: readonly number[]): number[] => {
  const levels: number[][] = [];
  depths.forEach((depth, node) => {
    const level = levels[depth] ?? [];
    levels[depth] = level;
    level.push(node);
  });
  return levels.slice(1).flat();
};
