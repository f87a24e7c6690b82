import { type View, viewBuilder, viewOf } from './view.ts';

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
