import type { KeyEvent } from '../domain/events/index.ts';
import { keysStream } from '../domain/streams.ts';
import type { ApplicationId, Tenant } from '../domain/values.ts';
import type { Random } from '../runtime/runtime.ts';
import { type BoxKey, closeBox, openBox } from './box.ts';
import { DataKeyBroken, RingKeyUnknown } from './errors.ts';
import type { KeyRing, RingKey } from './key-ring.ts';

const KEY_BYTES = 32;

/** The application and generation that a data key belongs to. A new generation may follow once one was erased. */
export type KeyOwner = {
  readonly tenant: Tenant;
  readonly applicationId: ApplicationId;
  readonly generation: number;
};
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
