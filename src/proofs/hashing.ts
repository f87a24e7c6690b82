import { hash } from 'node:crypto';

/** The hashes of RFC 6962, 2.1: a leaf and an inner node begin differently, so that none can pass for the other. */

export const HASH_BYTES = 32;
const LEAF_PREFIX = '\0';
const NODE_PREFIX = 1;

/** The root of a tree without leaves. */
export const EMPTY_ROOT: Buffer = hash('sha256', '', 'buffer');

/** The hash of a leaf: of a zero byte and its content, a text in UTF-8 or bytes. */
export const leafHash = (content: string | Buffer): Buffer =>
  hash(
    'sha256',
    typeof content === 'string' ? LEAF_PREFIX + content : Buffer.concat([Buffer.of(0), content]),
    'buffer',
  );

const scratch = Buffer.alloc(1 + 2 * HASH_BYTES, NODE_PREFIX);

export const nodeHash = (left: Buffer, right: Buffer): Buffer => {
  left.copy(scratch, 1);
  right.copy(scratch, 1 + HASH_BYTES);
  return hash('sha256', scratch, 'buffer');
};
