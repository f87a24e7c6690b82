import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { KeyEvent } from '../domain/events/index.ts';
import { keysStream } from '../domain/streams.ts';
import type { ApplicationId, Tenant } from '../domain/values.ts';
import type { Random } from '../runtime/runtime.ts';
import { DataKeyBroken, type KeyRing, type RingKey, RingKeyUnknown } from './key-ring.ts';

const KEY_BYTES = 32;

export type SecretOwner = { readonly tenant: Tenant; readonly applicationId: ApplicationId };

/** The application and generation that a data key belongs to. A new generation may follow once one was erased. */
export type KeyOwner = SecretOwner & { readonly generation: number };

export type DataKey = KeyOwner & { readonly key: Buffer };

const boxKeyFor = (ringKey: RingKey, owner: KeyOwner): BoxKey => ({
  key: ringKey.key,
  boundTo: ['carillon data key', owner.tenant, owner.applicationId, owner.generation, ringKey.id],
});

export const newDataKey = (owner: KeyOwner, random: Random): DataKey => ({ ...owner, key: random.bytes(KEY_BYTES) });

/** Creates the event that stores the data key, encrypted with the current key of the ring. */
export const wrapDataKey = ({ key, ...owner }: DataKey, ring: KeyRing, random: Random): KeyEvent => ({
  type: 'DataKeyWrapped',
  data: {
    ...owner,
    keyEncryptionKeyId: ring.current.id,
    wrapped: closeBox(boxKeyFor(ring.current, owner), key, random),
  },
});

/**
 * Decrypts the data key in an event.
 * @param owner the expected owner; the key of another owner does not open
 * @throws RingKeyUnknown, DataKeyBroken
 */
export const unwrapDataKey = ({ data }: KeyEvent, owner: KeyOwner, ring: KeyRing): DataKey => {
  const at = { stream: keysStream(owner.applicationId, owner.generation), keyEncryptionKeyId: data.keyEncryptionKeyId };
  const ringKey = ring.find(data.keyEncryptionKeyId);
  if (ringKey === undefined) throw new RingKeyUnknown(at);
  const key = openBox(boxKeyFor(ringKey, owner), data.wrapped);
  if (key?.length !== KEY_BYTES) throw new DataKeyBroken(at);
  return { ...owner, key };
};

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
