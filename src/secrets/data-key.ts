import type { KeyEvent } from '../domain/events/index.ts';
import { keysStream } from '../domain/streams.ts';
import type { ApplicationId, Tenant } from '../domain/values.ts';
import type { Random } from '../world.ts';
import { closeBox, type Lock, openBox } from './box.ts';
import { DataKeyBroken, RingKeyUnknown } from './errors.ts';
import type { KeyRing, RingKey } from './key-ring.ts';

const KEY_BYTES = 32;

/** Whose key it is. After one generation was erased, a new one may follow. */
export type KeyOwner = {
  readonly tenant: Tenant;
  readonly applicationId: ApplicationId;
  readonly generation: number;
};
export type DataKey = KeyOwner & { readonly key: Buffer };

const lockOf = (ringKey: RingKey, owner: KeyOwner): Lock => ({
  key: ringKey.key,
  boundTo: ['carillon data key', owner.tenant, owner.applicationId, owner.generation, ringKey.id],
});

export const newDataKey = (owner: KeyOwner, random: Random): DataKey => ({ ...owner, key: random.bytes(KEY_BYTES) });

/** The event that keeps the data key, wrapped by the ring's current key. */
export const wrapDataKey = ({ key, ...owner }: DataKey, ring: KeyRing, random: Random): KeyEvent => ({
  type: 'DataKeyWrapped',
  data: { ...owner, ringKeyId: ring.current.id, wrapped: closeBox(lockOf(ring.current, owner), key, random) },
});

/**
 * @param owner whose key it has to be: another's does not open
 * @throws RingKeyUnknown, DataKeyBroken
 */
export const unwrapDataKey = ({ data }: KeyEvent, owner: KeyOwner, ring: KeyRing): DataKey => {
  const at = { stream: keysStream(owner.applicationId, owner.generation), ringKeyId: data.ringKeyId };
  const ringKey = ring.find(data.ringKeyId);
  if (ringKey === undefined) throw new RingKeyUnknown(at);
  const key = openBox(lockOf(ringKey, owner), data.wrapped);
  if (key?.length !== KEY_BYTES) throw new DataKeyBroken(at);
  return { ...owner, key };
};
