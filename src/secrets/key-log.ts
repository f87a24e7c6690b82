import type { EventMetadata, KeyEvent } from '../domain/events/index.ts';
import { keysStream } from '../domain/streams.ts';
import type { ApplicationId, Tenant } from '../domain/values.ts';
import { appendWithRetry } from '../event-store/append-with-retry.ts';
import { StreamDeleted, WrongExpectedRevision } from '../event-store/errors.ts';
import { lastEventOf } from '../event-store/last-event.ts';
import { type EventStore, NO_STREAM, type Revision } from '../event-store/port.ts';
import type { StreamQueues } from '../event-store/stream-queues.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { type DataKey, type KeyOwner, newDataKey, unwrapDataKey, wrapDataKey } from './data-key.ts';
import type { KeyRing } from './key-ring.ts';

export type KeyLogDeps = {
  readonly store: EventStore;
  readonly lanes: StreamQueues;
  readonly ring: KeyRing;
  readonly world: Runtime;
};

const FIRST_GENERATION = 1;

/**
 * Returns the current data key of an application and creates it if there is none. Processes that create it at the same
 * time all get the same key.
 * @throws RingKeyUnknown, DataKeyBroken
 */
export const currentDataKey = async (
  keyLog: KeyLogDeps,
  tenant: Tenant,
  applicationId: ApplicationId,
): Promise<DataKey> => {
  for (let generation = FIRST_GENERATION; ; generation++) {
    const key = await keyOrCreate(keyLog, { tenant, applicationId, generation });
    if (key !== undefined) return key;
  }
};

/** Returns the current data key of an application; undefined if there is none. @throws RingKeyUnknown, DataKeyBroken */
export const existingDataKey = async (
  keyLog: KeyLogDeps,
  tenant: Tenant,
  applicationId: ApplicationId,
): Promise<DataKey | undefined> => {
  const generation = await currentGeneration(keyLog, { tenant, applicationId, from: FIRST_GENERATION });
  if (generation === undefined) return undefined;
  const owner = { tenant, applicationId, generation };
  const last = await lastKeyEvent(keyLog, owner);
  return last && unwrapDataKey(last.event, owner, keyLog.ring);
};

/**
 * Returns the generation of the application's current data key, searching from generation `from` on. Undefined if no
 * key was created since the last one was erased.
 */
export const currentGeneration = async (
  keyLog: KeyLogDeps,
  { tenant, applicationId, from }: Omit<KeyOwner, 'generation'> & { readonly from: number },
): Promise<number | undefined> => {
  for (let generation = Math.max(FIRST_GENERATION, from); ; generation++) {
    const owner = { tenant, applicationId, generation };
    if ((await lastKeyEvent(keyLog, owner)) !== undefined) return generation;
    if (!(await wasErased(keyLog, owner))) return undefined;
  }
};

/**
 * Re-encrypts a data key with the current key of the ring. Returns false if that is already so or there is no data key.
 */
export const rewrapDataKey = (keyLog: KeyLogDeps, owner: KeyOwner): Promise<boolean> =>
  keyLog.lanes.inTurn(keyStream(owner), async () => {
    const last = await lastKeyEvent(keyLog, owner);
    if (last === undefined || last.event.data.keyEncryptionKeyId === keyLog.ring.current.id) return false;
    try {
      await appendKey(keyLog, unwrapDataKey(last.event, owner, keyLog.ring), last.revision);
      return true;
    } catch (error) {
      // Another process rewrapped or erased the key first.
      if (error instanceof WrongExpectedRevision || error instanceof StreamDeleted) return false;
      throw error;
    }
  });

/** Deletes a data key for good: values sealed with it can't be opened any more. */
export const eraseDataKey = (keyLog: KeyLogDeps, owner: KeyOwner): Promise<void> =>
  keyLog.lanes.inTurn(keyStream(owner), () => keyLog.store.deleteStream(keyStream(owner)));

const keyStream = ({ applicationId, generation }: KeyOwner): string => keysStream(applicationId, generation);

/** A revision that no key stream ever reaches. */
const UNREACHABLE_REVISION: Revision = 2_000_000_000;

/**
 * Finds out whether a key stream was deleted, by an append that must fail: a deleted stream rejects it as deleted, any
 * other stream because of the expected revision.
 */
const wasErased = async (keyLog: KeyLogDeps, owner: KeyOwner): Promise<boolean> => {
  try {
    await appendKey(keyLog, newDataKey(owner, keyLog.world.random), UNREACHABLE_REVISION);
    return false;
  } catch (error) {
    if (error instanceof StreamDeleted) return true;
    if (error instanceof WrongExpectedRevision) return false;
    throw error;
  }
};

/** Returns the data key of one generation and creates it if there is none. Undefined if this generation was erased. */
const keyOrCreate = (keyLog: KeyLogDeps, owner: KeyOwner): Promise<DataKey | undefined> =>
  keyLog.lanes.inTurn(keyStream(owner), async () => {
    const last = await lastKeyEvent(keyLog, owner);
    if (last !== undefined) return unwrapDataKey(last.event, owner, keyLog.ring);
    const made = newDataKey(owner, keyLog.world.random);
    try {
      await appendKey(keyLog, made, NO_STREAM);
      return made;
    } catch (error) {
      if (error instanceof StreamDeleted) return undefined;
      if (!(error instanceof WrongExpectedRevision)) throw error;
      const winner = await lastKeyEvent(keyLog, owner);
      return winner && unwrapDataKey(winner.event, owner, keyLog.ring);
    }
  });

const lastKeyEvent = async (
  { store }: KeyLogDeps,
  owner: KeyOwner,
): Promise<{ event: KeyEvent; revision: Revision } | undefined> => {
  const last = await lastEventOf(store, keyStream(owner));
  return last?.type === 'DataKeyWrapped' ? { event: last, revision: last.revision } : undefined;
};

const metadata: EventMetadata = { actor: { type: 'system', name: 'secrets' }, correlationId: 'secrets' };

const appendKey = async (
  { store, ring, world }: KeyLogDeps,
  key: DataKey,
  expectedRevision: Revision,
): Promise<void> => {
  const stream = keyStream(key);
  const event = { ...wrapDataKey(key, ring, world.random), id: world.random.uuid(), metadata };
  await appendWithRetry(store, { stream, expectedRevision, events: [event] }, { world });
  // Repeated at every append, because the process that made the first one may have died before this call.
  await store.keepLast(stream);
};
