import { readDevelopmentSecrets } from '../compose/own-files.ts';
import { trustKeys } from '../proofs/keys.ts';
import { type NoteVerifier, noteSigner, verifierOf } from '../proofs/note.ts';

/** Options of every command that checks signatures. */
export type KeyOptions = { readonly key?: readonly string[] };

/**
 * The public keys that are trusted here: those that are named; else those of AUDIT_KEY and AUDIT_PUBLIC_KEYS; else that of
 * the server in development mode whose data folder this is. Never one that a file brings along.
 * @throws Error that says what to do where none is known
 */
export const trustedKeys = async (
  { key = [] }: KeyOptions,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<(name: string) => readonly NoteVerifier[]> => {
  if (key.length > 0) return trustKeys(key);
  const { AUDIT_KEY, AUDIT_PUBLIC_KEYS = '', CARILLON_DATA = '.carillon' } = environment;
  const set = [...(AUDIT_KEY ? [publicOf(AUDIT_KEY)] : []), ...AUDIT_PUBLIC_KEYS.split(/[\s,]+/).filter(Boolean)];
  if (set.length > 0) return trustKeys(set);
  const { auditKey } = await readDevelopmentSecrets(CARILLON_DATA);
  if (auditKey === undefined) {
    throw new Error(
      'no key is trusted here: give --key with what `carillon audit key` prints, from a source you trust',
    );
  }
  return trustKeys([publicOf(auditKey)]);
};

const publicOf = (privateKey: string): string =>
  verifierOf(noteSigner('carillon', Buffer.from(privateKey, 'base64'))).bytes.toString('base64');
