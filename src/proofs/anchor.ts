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
import { HASH_BYTES } from './tree.ts';
import type { TreeHead } from './verify.ts';

/**
 * An anchor is the signed size and root of a tenant's tree, kept outside Carillon. It has the format of
 * c2sp.org/tlog-checkpoint, which witnesses and monitors of transparency logs can read.
 */
export type AuditAnchor = TreeHead & {
  /** Names the tree. */
  readonly origin: string;
};

/** The origin of a tenant's tree. Key names contain no spaces or plus signs. */
export const originOf = ({ logId, tenant }: { readonly logId: string; readonly tenant: string }): string =>
  `carillon/${logId}/${encodeURIComponent(tenant)}`;

/** The tenant of an origin; `undefined` if the tree is not Carillon's. */
export const tenantOfOrigin = (origin: string): string | undefined => {
  const encoded = /^carillon\/[^/]+\/([^/]+)$/.exec(origin)?.[1];
  return encoded === undefined ? undefined : decodeURIComponent(encoded);
};

export const signAnchor = ({ origin, size, root }: AuditAnchor, signer: NoteSigner): string =>
  signNote(`${origin}\n${size}\n${root.toString('base64')}\n`, signerNamed(signer, origin));

/**
 * Opens an anchor that one of these verifiers signed.
 * @throws NoteRejected if it is no anchor or has no such signature
 */
export const openAnchor = (note: string, verifiers: (name: string) => readonly NoteVerifier[]): AuditAnchor =>
  parseAnchorText(openNote(note, verifiers).text);

/**
 * Reads an anchor without checking its signatures.
 * @throws NoteRejected if it is no anchor
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
 * The proof that one event is in the log, as a file in the format of c2sp.org/tlog-proof. Its extra data is the content of
 * the leaf, so that the file is self-contained.
 */
type InclusionFile = {
  readonly content: string;
  readonly index: number;
  /** From the leaf's sibling to the root's child. */
  readonly path: readonly Buffer[];
  /** The signed anchor as received. */
  readonly anchor: string;
};

const NOT_BASE64 = '-';
const FIRST_LINE = 'c2sp.org/tlog-proof@v1';

/** Returns whether a text is such a file. */
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

/** @throws NoteRejected if the text is no such file */
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
