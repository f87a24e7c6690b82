import { hash } from 'node:crypto';

/**
 * Hashes of RFC 6962, 2.1: leaves and inner nodes have different prefixes, so that neither can be mistaken for the other.
 */

export const HASH_BYTES = 32;
const LEAF_PREFIX = '\0';
const NODE_PREFIX = 1;

/** A one-character-per-byte text avoids creating a second buffer per digest, which would triple the cost. */
const sha256 = (content: string | Buffer): Buffer => Buffer.from(hash('sha256', content, 'binary'), 'binary');

/** The root of a tree without leaves. */
export const EMPTY_ROOT: Buffer = sha256('');

/** The hash of a leaf: a zero byte, then its content as UTF-8 text or bytes. */
export const leafHash = (content: string | Buffer): Buffer =>
  sha256(typeof content === 'string' ? LEAF_PREFIX + content : Buffer.concat([Buffer.of(0), content]));

const scratch = Buffer.alloc(1 + 2 * HASH_BYTES, NODE_PREFIX);

export const nodeHash = (left: Buffer, right: Buffer): Buffer => {
  left.copy(scratch, 1);
  right.copy(scratch, 1 + HASH_BYTES);
  return sha256(scratch);
};
