import type { EventMetadata, KeyEvent } from '../domain/events/index.ts';
import { keysStream } from '../domain/streams.ts';
import type { ApplicationId, Tenant } from '../domain/values.ts';
import { appendWithRetry, type StreamQueues } from '../event-store/append-with-retry.ts';
import { StreamDeleted, WrongExpectedRevision } from '../event-store/errors.ts';
import { type EventStore, NO_STREAM, type Revision } from '../event-store/port.ts';
import { lastEventOf } from '../event-store/read-log.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { type ApplicationKeys, createApplicationKeys } from './application-keys.ts';
import { type DataKey, type KeyOwner, newDataKey, type SecretOwner, unwrapDataKey, wrapDataKey } from './data-key.ts';
import type { KeyRing } from './key-ring.ts';

/** How long a data key is cached, and thus how long this process may use a key that another one erased. */
const CACHE_MS = 60_000;

export type Sealer = {
  /**
   * Returns the keys of an application from a cache of up to one minute. Creates the data key if there is none.
   * @throws RingKeyUnknown, DataKeyBroken
   */
  keysOf(tenant: Tenant, applicationId: ApplicationId): Promise<ApplicationKeys>;
  /**
   * Returns the keys of an application as the log has them now. Use it to seal values that are stored: a cached key may
   * have been erased by another process, and values sealed with it would be lost.
   * @throws RingKeyUnknown, DataKeyBroken
   */
  freshKeysOf(tenant: Tenant, applicationId: ApplicationId): Promise<ApplicationKeys>;
  /** Returns the keys of an application as `freshKeysOf` does, and undefined if there is no data key. */
  existingKeysOf(tenant: Tenant, applicationId: ApplicationId): Promise<ApplicationKeys | undefined>;
  /**
   * Returns the generation of the current data key, searching from generation `from` on; undefined if there is none.
   */
  currentGeneration(key: SecretOwner & { readonly from: number }): Promise<number | undefined>;
  /**
   * Re-encrypts a data key with the current key of the ring. Returns false if that is already so or there is no data
   * key.
   * @throws RingKeyUnknown, DataKeyBroken
   */
  rewrap(key: KeyOwner): Promise<boolean>;
  /** Deletes a data key permanently. Other processes stop using it within a minute. */
  erase(key: KeyOwner): Promise<void>;
};

/** The log with the data keys, and the ring that encrypts them. */
type KeyLog = {
  readonly store: EventStore;
  readonly ring: KeyRing;
  readonly world: Runtime;
  /** Shared with the other code of this process that appends to the log. */
  readonly lanes: StreamQueues;
};

type CachedKeys = { readonly keys: Promise<ApplicationKeys>; readonly untilMs: number };

/** Creates the sealer. Each application has one data key, which the log stores encrypted by the key ring. */
export const createSealer = (keyLog: KeyLog): Sealer => {
  const { world } = keyLog;
  const cached = new Map<string, CachedKeys>();

  const load = async (tenant: Tenant, applicationId: ApplicationId): Promise<ApplicationKeys> =>
    createApplicationKeys(await currentDataKey(keyLog, tenant, applicationId), world.random);

  const cache = (name: string, keys: Promise<ApplicationKeys>): Promise<ApplicationKeys> => {
    const entry = { keys, untilMs: world.clock.monotonic() + CACHE_MS };
    cached.set(name, entry);
    keys.catch(() => {
      if (cached.get(name) === entry) cached.delete(name);
    });
    return keys;
  };

  return {
    keysOf: (tenant, applicationId) => {
      const name = cacheKey({ tenant, applicationId });
      const known = cached.get(name);
      if (known !== undefined && world.clock.monotonic() < known.untilMs) return known.keys;
      return cache(name, load(tenant, applicationId));
    },
    freshKeysOf: (tenant, applicationId) => cache(cacheKey({ tenant, applicationId }), load(tenant, applicationId)),
    existingKeysOf: async (tenant, applicationId) => {
      const key = await existingDataKey(keyLog, tenant, applicationId);
      return key && createApplicationKeys(key, world.random);
    },
    currentGeneration: (key) => currentGeneration(keyLog, key),
    rewrap: (key) => rewrapDataKey(keyLog, key),
    erase: async (key) => {
      await eraseDataKey(keyLog, key);
      cached.delete(cacheKey(key));
    },
  };
};

const cacheKey = ({ tenant, applicationId }: SecretOwner): string => JSON.stringify([tenant, applicationId]);

const FIRST_GENERATION = 1;

/**
 * Returns the current data key of an application and creates it if there is none. Processes that create it at the same
 * time all get the same key.
 * @throws RingKeyUnknown, DataKeyBroken
 */
const currentDataKey = async (keyLog: KeyLog, tenant: Tenant, applicationId: ApplicationId): Promise<DataKey> => {
  for (let generation = FIRST_GENERATION; ; generation++) {
    const key = await keyOrCreate(keyLog, { tenant, applicationId, generation });
    if (key !== undefined) return key;
  }
};

/** Returns the current data key of an application; undefined if there is none. @throws RingKeyUnknown, DataKeyBroken */
const existingDataKey = async (
  keyLog: KeyLog,
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
const currentGeneration = async (
  keyLog: KeyLog,
  { tenant, applicationId, from }: SecretOwner & { readonly from: number },
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
const rewrapDataKey = (keyLog: KeyLog, owner: KeyOwner): Promise<boolean> =>
  keyLog.lanes.enqueue(keyStream(owner), async () => {
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

/** Deletes a data key permanently: values sealed with it can't be opened any more. */
const eraseDataKey = (keyLog: KeyLog, owner: KeyOwner): Promise<void> =>
  keyLog.lanes.enqueue(keyStream(owner), () => keyLog.store.deleteStream(keyStream(owner)));

const keyStream = ({ applicationId, generation }: KeyOwner): string => keysStream(applicationId, generation);

/** A revision that no key stream ever reaches. */
const UNREACHABLE_REVISION: Revision = 2_000_000_000;

/**
 * Finds out whether a key stream was deleted with an append that must fail: a deleted stream rejects it as deleted, any
 * other stream because of the expected revision.
 */
const wasErased = async (keyLog: KeyLog, owner: KeyOwner): Promise<boolean> => {
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
const keyOrCreate = (keyLog: KeyLog, owner: KeyOwner): Promise<DataKey | undefined> =>
  keyLog.lanes.enqueue(keyStream(owner), async () => {
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
  { store }: KeyLog,
  owner: KeyOwner,
): Promise<{ event: KeyEvent; revision: Revision } | undefined> => {
  const last = await lastEventOf(store, keyStream(owner));
  return last?.type === 'DataKeyWrapped' ? { event: last, revision: last.revision } : undefined;
};

const metadata: EventMetadata = { actor: { type: 'system', name: 'secrets' }, correlationId: 'secrets' };

const appendKey = async ({ store, ring, world }: KeyLog, key: DataKey, expectedRevision: Revision): Promise<void> => {
  const stream = keyStream(key);
  const event = { ...wrapDataKey(key, ring, world.random), id: world.random.uuid(), metadata };
  await appendWithRetry(store, { stream, expectedRevision, events: [event] }, { world });
  // Repeated at every append, because the process that made the first one may have died before this call.
  await store.keepLast(stream);
};
