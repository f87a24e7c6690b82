import { fromBase64, KEY_BYTES, NoteRefused, type NoteVerifier, noteVerifier, parseVerifier } from './note.ts';

/**
 * Reads public keys as they are handed out: with a name, or only the base64 of their 32 bytes. They are trusted under
 * any name: the name of who signs is the origin of a tenant's tree, and one key signs for all tenants.
 * @throws NoteRefused where one cannot be read
 */
export const trustKeys = (keys: readonly string[]): ((name: string) => readonly NoteVerifier[]) => {
  const trusted = keys.map(publicKeyOf);
  return (name) => trusted.map((bytes) => noteVerifier(name, bytes));
};

/** @throws NoteRefused */
export const publicKeyOf = (text: string): Buffer => {
  if (text.includes('+') && !isKey(text)) return parseVerifier(text).bytes;
  const bytes = fromBase64(text);
  if (bytes?.length !== KEY_BYTES)
    throw new NoteRefused('a public key is the base64 of 32 bytes, or <name>+<id>+<base64>');
  return bytes;
};

/** Whether a text is a key by itself, private or public: the base64 of its 32 bytes. */
export const isKey = (text: string): boolean => fromBase64(text)?.length === KEY_BYTES;
