import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { Random } from '../world.ts';

const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** A key of 32 bytes and what a box is bound to: it opens only where both are the same. */
export type Lock = { readonly key: Buffer; readonly boundTo: readonly (string | number)[] };

const additionalData = ({ boundTo }: Lock): Buffer => Buffer.from(JSON.stringify(boundTo), 'utf8');

/** base64 of nonce, ciphertext and tag. A random nonce is safe for 2^32 boxes of one key. */
export const closeBox = (lock: Lock, clear: Buffer, random: Random): string => {
  const nonce = random.bytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, lock.key, nonce, { authTagLength: TAG_BYTES }).setAAD(additionalData(lock));
  return Buffer.concat([nonce, cipher.update(clear), cipher.final(), cipher.getAuthTag()]).toString('base64');
};

/** What is in the box; undefined when it was not closed with this lock, or was tampered with. */
export const openBox = (lock: Lock, box: string): Buffer | undefined => {
  const bytes = Buffer.from(box, 'base64');
  if (bytes.length < NONCE_BYTES + TAG_BYTES) return undefined;
  const nonce = bytes.subarray(0, NONCE_BYTES);
  const tag = bytes.subarray(bytes.length - TAG_BYTES);
  const decipher = createDecipheriv(CIPHER, lock.key, nonce, { authTagLength: TAG_BYTES })
    .setAAD(additionalData(lock))
    .setAuthTag(tag);
  try {
    return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, bytes.length - TAG_BYTES)), decipher.final()]);
  } catch {
    return undefined;
  }
};
