import { hash } from 'node:crypto';

/** The hashes of RFC 6962, 2.1: a leaf and an inner node begin differently, so that none can pass for the other. */

export const HASH_BYTES = 32;
const LEAF_PREFIX = '\0';
const NODE_PREFIX = 1;

/**
 * A digest as text of one character a byte costs half of one as a buffer, which Node makes an object of its own outside
 * of its heap for: 0.35 against 1.1 µs for an inner node.
 */
const sha256 = (content: string | Buffer): Buffer => Buffer.from(hash('sha256', content, 'binary'), 'binary');

/** The root of a tree without leaves. */
export const EMPTY_ROOT: Buffer = sha256('');

/** The hash of a leaf: of a zero byte and its content, a text in UTF-8 or bytes. */
export const leafHash = (content: string | Buffer): Buffer =>
  sha256(typeof content === 'string' ? LEAF_PREFIX + content : Buffer.concat([Buffer.of(0), content]));

const scratch = Buffer.alloc(1 + 2 * HASH_BYTES, NODE_PREFIX);

export const nodeHash = (left: Buffer, right: Buffer): Buffer => {
  left.copy(scratch, 1);
  right.copy(scratch, 1 + HASH_BYTES);
  return sha256(scratch);
};
