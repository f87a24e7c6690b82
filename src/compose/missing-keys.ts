import { applicationsOf } from '../commands/application/applications.ts';
import { evolveApplication } from '../domain/application.ts';
import { isApplicationEvent } from '../domain/events/index.ts';
import { keysStream } from '../domain/streams.ts';
import { StreamParked } from '../event-store/errors.ts';
import { unwrapDataKey } from '../secrets/data-key.ts';
import { DataKeyBroken, RingKeyUnknown } from '../secrets/key-ring.ts';
import { firstOf } from './health-issues.ts';
import type { Shared } from './shared.ts';

/** Starts checking the keys, in a process that needs them. */
export const startKeyCheck = (shared: Shared): void => {
  const { roles, onStop } = shared;
  const stopping = new AbortController();
  onStop(async () => stopping.abort());
  if (roles.includes('api') || roles.includes('engine')) void tellMissingKeys(shared, stopping.signal);
};

/**
 * Checks that the key ring opens the data key of every application. Logs missing ring keys and reports them as issues, such
 * as after a restore with another ring: jobs that need a secret fail until SECRET_KEYS has the key. Never rejects.
 */
const tellMissingKeys = async ({ store, ring, world, issues }: Shared, signal: AbortSignal): Promise<void> => {
  const unopened = new Map<string, number[]>();
  try {
    for await (const batch of applicationsOf(store)) {
      if (signal.aborted) return;
      const owners = batch.flatMap(({ applicationId, last }) => {
        if (last instanceof StreamParked || !isApplicationEvent(last)) return [];
        const { tenant, erasedGeneration = 0 } = evolveApplication(last);
        // The erased generation may still exist if its erasure was interrupted.
        return [Math.max(1, erasedGeneration), erasedGeneration + 1].map((generation) => ({
          tenant,
          applicationId,
          generation,
        }));
      });
      const keys = await store.readLast(owners.map((owner) => keysStream(owner.applicationId, owner.generation)));
      for (const [index, owner] of owners.entries()) {
        const key = keys[index];
        if (key === undefined || key instanceof StreamParked || key.type !== 'DataKeyWrapped') continue;
        const { keyEncryptionKeyId } = key.data;
        if (opens(() => unwrapDataKey(key, owner, ring))) continue;
        const applications = unopened.get(keyEncryptionKeyId) ?? [];
        if (!applications.includes(owner.applicationId)) applications.push(owner.applicationId);
        unopened.set(keyEncryptionKeyId, applications);
      }
    }
  } catch (error) {
    return world.log.warn({ error }, 'could not check SECRET_KEYS against the data keys');
  }
  for (const [keyEncryptionKeyId, applications] of unopened) {
    const known = ring.find(keyEncryptionKeyId) === undefined ? 'does not contain' : 'contains other bytes for';
    const reason = `SECRET_KEYS ${known} the key "${keyEncryptionKeyId}", which decrypts the secrets of the applications ${firstOf(applications)}`;
    world.log.error({ keyEncryptionKeyId, applications: applications.length }, `${reason}. Add the key and restart.`);
    issues.add('secret keys', reason);
  }
};

const opens = (unwrap: () => unknown): boolean => {
  try {
    unwrap();
    return true;
  } catch (error) {
    if (error instanceof RingKeyUnknown || error instanceof DataKeyBroken) return false;
    throw error;
  }
};
