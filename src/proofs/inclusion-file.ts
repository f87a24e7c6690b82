import { type AuditAnchor, readAnchor } from './anchor.ts';
import { HASH_BYTES } from './hashing.ts';
import { fromBase64, NoteRefused } from './note.ts';

/**
 * The proof that one event is in the log, as a file in the form of c2sp.org/tlog-proof. Its extra data is the content of
 * the leaf, so that the file needs nothing else to show what is proven.
 */
export type InclusionFile = {
  /** The content of the leaf. */
  readonly content: string;
  readonly index: number;
  /** From the leaf's sibling to the root's child. */
  readonly path: readonly Buffer[];
  /** The signed anchor, as it came. */
  readonly anchor: string;
};

const NOT_BASE64 = '-';
const FIRST_LINE = 'c2sp.org/tlog-proof@v1';

/** Whether a text is to be read as such a file. */
export const isInclusionFile = (text: string): boolean => text.startsWith(FIRST_LINE);

export const writeInclusionFile = ({ content, index, path, anchor }: InclusionFile): string =>
  [
    FIRST_LINE,
    `extra ${Buffer.from(content).toString('base64')}`,
    `index ${index}`,
    ...path.map((hash) => hash.toString('base64')),
    '',
    anchor,
  ].join('\n');

/** @throws NoteRefused where the text is no such file */
export const readInclusionFile = (text: string): InclusionFile & { readonly claims: AuditAnchor } => {
  const end = text.indexOf('\n\n');
  const [first, extra = '', indexLine = '', ...hashes] = text.slice(0, end).split('\n');
  const content = fromBase64(/^extra (\S+)$/.exec(extra)?.[1] ?? NOT_BASE64);
  const index = /^index (0|[1-9]\d{0,15})$/.exec(indexLine)?.[1];
  const path = hashes.map(fromBase64);
  if (end < 0 || first !== FIRST_LINE || content === undefined || index === undefined || !path.every(isHash)) {
    throw new NoteRefused('it is no proof of inclusion: what it proves, an index, hashes and a checkpoint');
  }
  const anchor = text.slice(end + 2);
  return { content: content.toString(), index: Number(index), path, anchor, claims: readAnchor(anchor) };
};

const isHash = (bytes: Buffer | undefined): bytes is Buffer => bytes?.length === HASH_BYTES;
