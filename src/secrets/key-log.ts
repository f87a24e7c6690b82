import type { EventMetadata, KeyEvent } from '../domain/events/index.ts';
import { keysStream } from '../domain/streams.ts';
import type { ApplicationId, Tenant } from '../domain/values.ts';
import { appendSurely } from '../event-store/append-surely.ts';
import { StreamDeleted, WrongExpectedRevision } from '../event-store/errors.ts';
import type { Lanes } from '../event-store/lanes.ts';
import { lastEventOf } from '../event-store/last-event.ts';
import { type EventStore, NO_STREAM, type Revision } from '../event-store/port.ts';
import type { World } from '../world.ts';
import { type DataKey, type KeyOwner, newDataKey, unwrapDataKey, wrapDataKey } from './data-key.ts';
import type { KeyRing } from './key-ring.ts';

export type KeyLog = {
  readonly store: EventStore;
  readonly lanes: Lanes;
  readonly ring: KeyRing;
  readonly world: Pick<World, 'random' | 'timers' | 'log'>;
};

const FIRST_GENERATION = 1;

/**
 * The application's data key in force, made where there is none. Whoever makes it at the same time gets the same one.
 * @throws RingKeyUnknown, DataKeyBroken
 */
export const dataKeyInForce = async (
  keyLog: KeyLog,
  tenant: Tenant,
  applicationId: ApplicationId,
): Promise<DataKey> => {
  for (let generation = FIRST_GENERATION; ; generation++) {
    const key = await keyOfGeneration(keyLog, { tenant, applicationId, generation });
    if (key !== undefined) return key;
  }
};

/**
 * The generation of the application's data key that is there, not before `from`; undefined where none was made since
 * the last one was erased.
 */
export const generationInForce = async (
  keyLog: KeyLog,
  { tenant, applicationId, from }: Omit<KeyOwner, 'generation'> & { readonly from: number },
): Promise<number | undefined> => {
  for (let generation = Math.max(FIRST_GENERATION, from); ; generation++) {
    const owner = { tenant, applicationId, generation };
    if ((await lastOf(keyLog, owner)) !== undefined) return generation;
    if (!(await wasErased(keyLog, owner))) return undefined;
  }
};

/** Wraps a data key by the ring's current key; false where it is so already, or there is none. */
export const rewrapDataKey = (keyLog: KeyLog, owner: KeyOwner): Promise<boolean> =>
  keyLog.lanes.inTurn(streamOf(owner), async () => {
    const last = await lastOf(keyLog, owner);
    if (last === undefined || last.event.data.ringKeyId === keyLog.ring.current.id) return false;
    try {
      await record(keyLog, unwrapDataKey(last.event, owner, keyLog.ring), last.revision);
      return true;
    } catch (error) {
      // Another process was first: it rewrapped the key, or erased it.
      if (error instanceof WrongExpectedRevision || error instanceof StreamDeleted) return false;
      throw error;
    }
  });

/** Deletes a data key: what was sealed with it can't be opened again. */
export const eraseDataKey = (keyLog: KeyLog, owner: KeyOwner): Promise<void> =>
  keyLog.lanes.inTurn(streamOf(owner), () => keyLog.store.deleteStream(streamOf(owner)));

const streamOf = ({ applicationId, generation }: KeyOwner): string => keysStream(applicationId, generation);

/** No stream of keys comes to this revision. */
const OUT_OF_REACH: Revision = 2_000_000_000;

/** Asked by an append that can't be made: a deleted stream refuses it as deleted, any other one by its revision. */
const wasErased = async (keyLog: KeyLog, owner: KeyOwner): Promise<boolean> => {
  try {
    await record(keyLog, newDataKey(owner, keyLog.world.random), OUT_OF_REACH);
    return false;
  } catch (error) {
    if (error instanceof StreamDeleted) return true;
    if (error instanceof WrongExpectedRevision) return false;
    throw error;
  }
};

/** Undefined where this generation was erased. */
const keyOfGeneration = (keyLog: KeyLog, owner: KeyOwner): Promise<DataKey | undefined> =>
  keyLog.lanes.inTurn(streamOf(owner), async () => {
    const last = await lastOf(keyLog, owner);
    if (last !== undefined) return unwrapDataKey(last.event, owner, keyLog.ring);
    const made = newDataKey(owner, keyLog.world.random);
    try {
      await record(keyLog, made, NO_STREAM);
      return made;
    } catch (error) {
      if (error instanceof StreamDeleted) return undefined;
      if (!(error instanceof WrongExpectedRevision)) throw error;
      const winner = await lastOf(keyLog, owner);
      return winner && unwrapDataKey(winner.event, owner, keyLog.ring);
    }
  });

const lastOf = async (
  { store }: KeyLog,
  owner: KeyOwner,
): Promise<{ event: KeyEvent; revision: Revision } | undefined> => {
  const last = await lastEventOf(store, streamOf(owner));
  return last?.type === 'DataKeyWrapped' ? { event: last, revision: last.revision } : undefined;
};

const metadata: EventMetadata = { actor: { type: 'system', name: 'secrets' }, correlationId: 'secrets' };

const record = async ({ store, ring, world }: KeyLog, key: DataKey, expectedRevision: Revision): Promise<void> => {
  const stream = streamOf(key);
  const event = { ...wrapDataKey(key, ring, world.random), id: world.random.uuid(), metadata };
  await appendSurely(store, { stream, expectedRevision, events: [event] }, { world });
  // Said again at every append: the process that made the first one may have died before it said so.
  await store.keepLast(stream);
};
