import { HASH_BYTES } from './hashing.ts';
import {
  fromBase64,
  NoteRejected,
  type NoteSigner,
  type NoteVerifier,
  openNote,
  parseNote,
  signerNamed,
  signNote,
} from './note.ts';
import type { TreeHead } from './verify.ts';

/**
 * An anchor is what somebody keeps outside: the size and the root of a tenant's tree, signed. It has the form of
 * c2sp.org/tlog-checkpoint, so that witnesses and monitors of transparency logs can read it.
 */
export type AuditAnchor = TreeHead & {
  /** Whose tree it is. */
  readonly origin: string;
};

/** The origin of a tenant's tree: names of keys have no spaces and no plus. */
export const originOf = ({ logId, tenant }: { readonly logId: string; readonly tenant: string }): string =>
  `carillon/${logId}/${encodeURIComponent(tenant)}`;

/** The tenant that an origin names; undefined where the tree is none of Carillon's. */
export const tenantOfOrigin = (origin: string): string | undefined => {
  const encoded = /^carillon\/[^/]+\/([^/]+)$/.exec(origin)?.[1];
  return encoded === undefined ? undefined : decodeURIComponent(encoded);
};

export const signAnchor = ({ origin, size, root }: AuditAnchor, signer: NoteSigner): string =>
  signNote(`${origin}\n${size}\n${root.toString('base64')}\n`, signerNamed(signer, origin));

/**
 * Opens an anchor that one of these signed.
 * @throws NoteRejected where it is no anchor, or not theirs
 */
export const openAnchor = (note: string, verifiers: (name: string) => readonly NoteVerifier[]): AuditAnchor =>
  parseAnchorText(openNote(note, verifiers).text);

/**
 * Reads an anchor without looking who signed it.
 * @throws NoteRejected where it is none
 */
export const readAnchor = (note: string): AuditAnchor => parseAnchorText(parseNote(note).text);

const SIZE = /^(?:0|[1-9]\d{0,15})$/;

const parseAnchorText = (text: string): AuditAnchor => {
  const [origin = '', sizeText = '', encoded = ''] = text.split('\n');
  const size = SIZE.test(sizeText) ? Number(sizeText) : Number.NaN;
  const root = fromBase64(encoded);
  if (origin === '' || !Number.isSafeInteger(size) || root?.length !== HASH_BYTES) {
    throw new NoteRejected('it is not a checkpoint, which has the lines origin, size and root');
  }
  return { origin, size, root };
};

/**
 * The proof that one event is in the log, as a file in the form of c2sp.org/tlog-proof. Its extra data is the content of
 * the leaf, so that the file needs nothing else to show what is proven.
 */
type InclusionFile = {
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

/** @throws NoteRejected where the text is no such file */
export const readInclusionFile = (text: string): InclusionFile & { readonly claims: AuditAnchor } => {
  const end = text.indexOf('\n\n');
  const [first, extra = '', indexLine = '', ...hashes] = text.slice(0, end).split('\n');
  const content = fromBase64(/^extra (\S+)$/.exec(extra)?.[1] ?? NOT_BASE64);
  const index = /^index (0|[1-9]\d{0,15})$/.exec(indexLine)?.[1];
  const path = hashes.map(fromBase64);
  if (end < 0 || first !== FIRST_LINE || content === undefined || index === undefined || !path.every(isHash)) {
    throw new NoteRejected(
      'it is not a proof of inclusion, which has the proven data, an index, hashes and a checkpoint',
    );
  }
  const anchor = text.slice(end + 2);
  return { content: content.toString(), index: Number(index), path, anchor, claims: readAnchor(anchor) };
};

const isHash = (bytes: Buffer | undefined): bytes is Buffer => bytes?.length === HASH_BYTES;
