import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { Random } from '../runtime/runtime.ts';

const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** A key of 32 bytes and the context that a box is bound to. A box opens only with the same key and context. */
export type BoxKey = { readonly key: Buffer; readonly boundTo: readonly (string | number)[] };

const additionalData = ({ boundTo }: BoxKey): Buffer => Buffer.from(JSON.stringify(boundTo), 'utf8');

/** Encrypts into base64 of nonce, ciphertext and tag. Random nonces are safe for up to 2^32 boxes per key. */
export const closeBox = (boxKey: BoxKey, clear: Buffer, random: Random): string => {
  const nonce = random.bytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, boxKey.key, nonce, { authTagLength: TAG_BYTES }).setAAD(additionalData(boxKey));
  return Buffer.concat([nonce, cipher.update(clear), cipher.final(), cipher.getAuthTag()]).toString('base64');
};

/** Decrypts a box. Returns undefined if it was closed with another key or context, or was tampered with. */
export const openBox = (boxKey: BoxKey, box: string): Buffer | undefined => {
  const bytes = Buffer.from(box, 'base64');
  if (bytes.length < NONCE_BYTES + TAG_BYTES) return undefined;
  const nonce = bytes.subarray(0, NONCE_BYTES);
  const tag = bytes.subarray(bytes.length - TAG_BYTES);
  const decipher = createDecipheriv(CIPHER, boxKey.key, nonce, { authTagLength: TAG_BYTES })
    .setAAD(additionalData(boxKey))
    .setAuthTag(tag);
  try {
    return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, bytes.length - TAG_BYTES)), decipher.final()]);
  } catch {
    return undefined;
  }
};
