import { HASH_BYTES } from './hashing.ts';
import {
  fromBase64,
  NoteRefused,
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
 * @throws NoteRefused where it is no anchor, or not theirs
 */
export const openAnchor = (note: string, verifiers: (name: string) => readonly NoteVerifier[]): AuditAnchor =>
  parseAnchorText(openNote(note, verifiers).text);

/**
 * Reads an anchor without looking who signed it.
 * @throws NoteRefused where it is none
 */
export const readAnchor = (note: string): AuditAnchor => parseAnchorText(parseNote(note).text);

const SIZE = /^(?:0|[1-9]\d{0,15})$/;

const parseAnchorText = (text: string): AuditAnchor => {
  const [origin = '', sizeText = '', encoded = ''] = text.split('\n');
  const size = SIZE.test(sizeText) ? Number(sizeText) : Number.NaN;
  const root = fromBase64(encoded);
  if (origin === '' || !Number.isSafeInteger(size) || root?.length !== HASH_BYTES) {
    throw new NoteRefused('it is no checkpoint: its lines are an origin, a size and a root');
  }
  return { origin, size, root };
};
