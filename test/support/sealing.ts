import { createApplicationKeys, type SecretUse } from '../../src/secrets/application-keys.ts';
import { newDataKey } from '../../src/secrets/data-key.ts';
import { createKeyRing } from '../../src/secrets/key-ring.ts';
import { codec } from './codec.ts';
import { createMemoryEventStore } from './memory-store.ts';
import { seededRandom } from './world.ts';

/** An entry of `SECRET_KEYS`: 32 bytes of one value. */
export const ringEntry = (id: string, byte: number): string => `${id}:${Buffer.alloc(32, byte).toString('base64')}`;
export const testRing = createKeyRing(ringEntry('test', 7));

const random = seededRandom(42);

/** An application's own secret of some name. */
export const testUse: SecretUse = { kind: 'secret', name: 'KEY' };

/** Keys of an application, without a log. */
export const testKeys = ({ tenant = 'default', applicationId = 1, generation = 1 } = {}) =>
  createApplicationKeys(newDataKey({ tenant, applicationId, generation }, random), random);

export const emptyMemoryStore = () => createMemoryEventStore({ codec, now: () => Date.UTC(2026, 0, 1) });
