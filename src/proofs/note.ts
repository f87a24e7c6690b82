import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';

/** Signed notes in the format of c2sp.org/signed-note: a text followed by its signatures. */

/** The name and public key of a signer. */
export type NoteVerifier = {
  readonly name: string;
  /** The first four bytes of a hash of name and key, as 8 hexadecimal digits. */
  readonly id: string;
  readonly key: KeyObject;
  /** The 32 bytes of the Ed25519 public key. */
  readonly bytes: Buffer;
};

export type NoteSigner = { readonly name: string; readonly secret: KeyObject };

/** An invalid note, or an invalid name or key of a signer; the message states why. */
export class NoteRejected extends Error {
  override readonly name = 'NoteRejected';
}

export const KEY_BYTES = 32;
const ED25519 = 1;
const SIGNATURE_BYTES = 64;
const ID_BYTES = 4;
const MAX_SIGNATURES = 100;
/** Prefixes of the 32 bytes of an Ed25519 key in PKCS #8 and in SPKI (RFC 8410). */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');
const SPKI = Buffer.from('302a300506032b6570032100', 'hex');

/** Creates a signer from the 32 bytes of an Ed25519 private key. */
export const noteSigner = (name: string, secret: Buffer): NoteSigner => ({
  name: checkedName(name),
  secret: createPrivateKey({ key: Buffer.concat([PKCS8, secret]), format: 'der', type: 'pkcs8' }),
});

/** The same signer under another name. */
export const signerNamed = ({ secret }: NoteSigner, name: string): NoteSigner => ({ name: checkedName(name), secret });

/** Creates a verifier from the 32 bytes of an Ed25519 public key. */
export const noteVerifier = (name: string, bytes: Buffer): NoteVerifier => {
  if (bytes.length !== KEY_BYTES) throw new NoteRejected(`a public key has ${KEY_BYTES} bytes, not ${bytes.length}`);
  const key = createPublicKey({ key: Buffer.concat([SPKI, bytes]), format: 'der', type: 'spki' });
  const id = createHash('sha256')
    .update(`${checkedName(name)}\n`)
    .update(Buffer.of(ED25519))
    .update(bytes)
    .digest('hex');
  return { name, id: id.slice(0, 2 * ID_BYTES), key, bytes };
};

export const verifierOf = ({ name, secret }: NoteSigner): NoteVerifier =>
  noteVerifier(name, createPublicKey(secret).export({ format: 'der', type: 'spki' }).subarray(SPKI.length));

/** The published form of a public key: `<name>+<id>+<base64 of type and key>`. */
export const verifierText = ({ name, id, bytes }: NoteVerifier): string =>
  `${name}+${id}+${Buffer.concat([Buffer.of(ED25519), bytes]).toString('base64')}`;

/** @throws NoteRejected if the text is no public key of a note */
export const parseVerifier = (text: string): NoteVerifier => {
  const [, name, id, encoded] = /^([^+\s]+)\+([0-9a-f]{8})\+(\S+)$/u.exec(text) ?? [];
  const bytes = encoded === undefined ? undefined : fromBase64(encoded);
  if (name === undefined || bytes?.[0] !== ED25519) {
    throw new NoteRejected('a public key has the form <name>+<8 hexadecimal digits>+<base64 of an Ed25519 key>');
  }
  const verifier = noteVerifier(name, bytes.subarray(1));
  if (verifier.id !== id) throw new NoteRejected(`the public key of ${name} does not match its id ${id}`);
  return verifier;
};

/** Signs a text that ends with a line break. */
export const signNote = (text: string, signer: NoteSigner): string => {
  if (!isNoteText(text)) throw new NoteRejected('a note must end with a line break and have no control characters');
  const signature = sign(null, Buffer.from(text), signer.secret);
  const marked = Buffer.concat([Buffer.from(verifierOf(signer).id, 'hex'), signature]);
  return `${text}\n— ${signer.name} ${marked.toString('base64')}\n`;
};

export type OpenedNote = { readonly text: string; readonly signedBy: readonly NoteVerifier[] };

/**
 * Opens a note that at least one of these verifiers signed. Other signatures are ignored.
 * @throws NoteRejected if it is no note, a known signature is wrong, or there is none
 */
export const openNote = (note: string, verifiers: (name: string) => readonly NoteVerifier[]): OpenedNote => {
  const { text, signatures } = parseNote(note);
  const signedBy: NoteVerifier[] = [];
  for (const { name, id, signature } of signatures) {
    const verifier = verifiers(name).find((known) => known.name === name && known.id === id);
    if (verifier === undefined) continue;
    if (signature.length !== SIGNATURE_BYTES || !verify(null, Buffer.from(text), verifier.key, signature)) {
      throw new NoteRejected(`the signature of ${name} (${id}) does not match the text`);
    }
    if (!signedBy.includes(verifier)) signedBy.push(verifier);
  }
  if (signedBy.length === 0) {
    const names = signatures.map(({ name, id }) => `${name} (${id})`).join(', ');
    throw new NoteRejected(`it is signed by ${names}, but none of the trusted keys is theirs`);
  }
  return { text, signedBy };
};

type NoteSignature = { readonly name: string; readonly id: string; readonly signature: Buffer };

/**
 * Parses a note without trusting it.
 * @throws NoteRejected if it is none
 */
export const parseNote = (note: string): { readonly text: string; readonly signatures: readonly NoteSignature[] } => {
  const split = note.lastIndexOf('\n\n');
  const text = note.slice(0, split + 1);
  const lines = note.slice(split + 2).split('\n');
  if (split < 0 || !isNoteText(text) || lines.pop() !== '' || lines.length === 0 || lines.length > MAX_SIGNATURES) {
    throw new NoteRejected('it is not a signed note, which has a text, an empty line, and lines of signatures');
  }
  return { text, signatures: lines.map(parseSignature) };
};

const parseSignature = (line: string): NoteSignature => {
  const [, name, encoded] = /^— ([^+\s]+) (\S+)$/u.exec(line) ?? [];
  const bytes = encoded === undefined ? undefined : fromBase64(encoded);
  if (name === undefined || bytes === undefined || bytes.length <= ID_BYTES) {
    throw new NoteRejected('it has a line that is not a signature');
  }
  return { name, id: bytes.toString('hex', 0, ID_BYTES), signature: bytes.subarray(ID_BYTES) };
};

/** Decodes base64 in its canonical form; `undefined` for anything else. */
export const fromBase64 = (text: string): Buffer | undefined => {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
};

const isNoteText = (text: string): boolean =>
  text.endsWith('\n') && text.isWellFormed() && !/\p{Cc}/u.test(text.replaceAll('\n', ''));

const checkedName = (name: string): string => {
  if (!/^[^+\s]+$/u.test(name)) throw new NoteRejected('the name of a key must not be empty or contain spaces or +');
  return name;
};

/**
 * Reads published public keys: with a name, or only the base64 of their 32 bytes. They are trusted under any name: a
 * signer's name is the origin of a tenant's tree, and one key signs for all tenants.
 * @throws NoteRejected if one can't be read
 */
export const trustKeys = (keys: readonly string[]): ((name: string) => readonly NoteVerifier[]) => {
  const trusted = keys.map(publicKeyOf);
  return (name) => trusted.map((bytes) => noteVerifier(name, bytes));
};

/** @throws NoteRejected */
export const publicKeyOf = (text: string): Buffer => {
  if (text.includes('+') && !isKey(text)) return parseVerifier(text).bytes;
  const bytes = fromBase64(text);
  if (bytes?.length !== KEY_BYTES)
    throw new NoteRejected('a public key must be the base64 of 32 bytes, or <name>+<id>+<base64>');
  return bytes;
};

/** Returns whether a text is a bare private or public key: the base64 of its 32 bytes. */
const isKey = (text: string): boolean => fromBase64(text)?.length === KEY_BYTES;
