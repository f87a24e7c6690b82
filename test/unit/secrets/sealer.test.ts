import { expect } from 'chai';
import type { KeyEvent } from '../../../src/domain/events/index.ts';
import { keysStream } from '../../../src/domain/streams.ts';
import { createStreamQueues } from '../../../src/event-store/append-with-retry.ts';
import type { EventStore } from '../../../src/event-store/port.ts';
import { createKeyRing, DataKeyBroken, RingKeyUnknown, SecretErased } from '../../../src/secrets/key-ring.ts';
import { createSealer } from '../../../src/secrets/sealer.ts';
import { emptyMemoryStore, ringEntry, testRing, testUse } from '../../support/sealing.ts';
import { manualWorld } from '../../support/world.ts';

const CACHE_ENDS_MS = 60_000;

const eventsOf = async (store: EventStore, stream: string): Promise<KeyEvent[]> => {
  const events: KeyEvent[] = [];
  for await (const event of store.readStream(stream)) if (event.type === 'DataKeyWrapped') events.push(event);
  return events;
};

const rejection = async (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );
const sealerOn = (store: EventStore, { ring = testRing, seed = 1 } = {}) => {
  const world = manualWorld({ seed });
  return { world, ...createSealer({ store, ring, world, lanes: createStreamQueues() }) };
};

describe('sealer', () => {
  it('makes a data key once and keeps it in the log, wrapped', async () => {
    const store = emptyMemoryStore();
    const sealed = (await sealerOn(store).keysOf('default', 5)).seal('hush', testUse);
    expect((await sealerOn(store, { seed: 2 }).keysOf('default', 5)).unseal(sealed, testUse)).to.equal('hush');
    const [event, ...others] = await eventsOf(store, keysStream(5, 1));
    expect(others).to.deep.equal([]);
    expect(event?.data).to.deep.include({
      tenant: 'default',
      applicationId: 5,
      generation: 1,
      keyEncryptionKeyId: 'test',
    });
  });

  it('gives the same key to all who make it at the same time', async () => {
    const store = emptyMemoryStore();
    const sealers = [1, 2, 3, 4, 5].map((seed) => sealerOn(store, { seed }));
    const keys = await Promise.all(sealers.map(({ keysOf }) => keysOf('default', 5)));
    expect(new Set(keys.map(({ fingerprint }) => fingerprint('hush', testUse))).size).to.equal(1);
    expect(await eventsOf(store, keysStream(5, 1))).to.have.length(1);
  });

  it('returns existing keys, and creates none for such a request', async () => {
    const store = emptyMemoryStore();
    const { keysOf, existingKeysOf } = sealerOn(store);
    expect(await existingKeysOf('default', 5)).to.equal(undefined);
    expect(await eventsOf(store, keysStream(5, 1))).to.deep.equal([]);
    const sealed = (await keysOf('default', 5)).seal('hush', testUse);
    expect((await existingKeysOf('default', 5))?.unseal(sealed, testUse)).to.equal('hush');
    await store.deleteStream(keysStream(5, 1));
    expect(await existingKeysOf('default', 5)).to.equal(undefined);
    expect(await eventsOf(store, keysStream(5, 2))).to.deep.equal([]);
  });

  it('keeps applications apart', async () => {
    const { keysOf } = sealerOn(emptyMemoryStore());
    const [one, other] = [await keysOf('default', 1), await keysOf('default', 2)];
    expect(one.fingerprint('hush', testUse)).to.not.equal(other.fingerprint('hush', testUse));
  });

  it('checks the log once a minute', async () => {
    const store = emptyMemoryStore();
    const { keysOf, world } = sealerOn(store);
    const first = await keysOf('default', 5);
    expect(await keysOf('default', 5)).to.equal(first);
    await world.advance(CACHE_ENDS_MS);
    expect(await keysOf('default', 5)).to.not.equal(first);
  });

  it('continues with a new generation after one was erased, and what that one sealed is lost', async () => {
    const store = emptyMemoryStore();
    const { keysOf, world } = sealerOn(store);
    const sealed = (await keysOf('default', 5)).seal('hush', testUse);
    await store.deleteStream(keysStream(5, 1));
    await world.advance(CACHE_ENDS_MS);
    const second = await keysOf('default', 5);
    expect(second.generation).to.equal(2);
    expect(() => second.unseal(sealed, testUse)).to.throw(SecretErased);
    expect(second.unseal(second.seal('again', testUse), testUse)).to.equal('again');
  });

  it('wraps by a new ring key without touching what was sealed, and keeps the last event only', async () => {
    const store = emptyMemoryStore();
    const old = ringEntry('old', 1);
    const sealed = (await sealerOn(store, { ring: createKeyRing(old) }).keysOf('default', 5)).seal('hush', testUse);
    const both = sealerOn(store, { ring: createKeyRing(`${ringEntry('new', 2)},${old}`), seed: 2 });
    expect(await both.rewrap({ tenant: 'default', applicationId: 5, generation: 1 })).to.equal(true);
    expect(await both.rewrap({ tenant: 'default', applicationId: 5, generation: 1 })).to.equal(false);
    expect((await eventsOf(store, keysStream(5, 1))).map(({ data }) => data.keyEncryptionKeyId)).to.deep.equal(['new']);
    const onlyNew = sealerOn(store, { ring: createKeyRing(ringEntry('new', 2)), seed: 3 });
    expect((await onlyNew.keysOf('default', 5)).unseal(sealed, testUse)).to.equal('hush');
  });

  it('rejects a data key of an unknown or other ring key, and of another tenant', async () => {
    const store = emptyMemoryStore();
    await sealerOn(store).keysOf('default', 5);
    const unknown = sealerOn(store, { ring: createKeyRing(ringEntry('b', 7)) });
    expect(await rejection(unknown.keysOf('default', 5))).to.be.instanceOf(RingKeyUnknown);
    const otherBytes = sealerOn(store, { ring: createKeyRing(ringEntry('test', 8)) });
    expect(await rejection(otherBytes.keysOf('default', 5))).to.be.instanceOf(DataKeyBroken);
    expect(await rejection(sealerOn(store).keysOf('other', 5))).to.be.instanceOf(DataKeyBroken);
  });

  it('reads the log again after a failure', async () => {
    const store = emptyMemoryStore();
    const flaw = new Error('away');
    let failures = 1;
    const flaky: EventStore = {
      ...store,
      readLast: (streams) => (failures-- > 0 ? Promise.reject(flaw) : store.readLast(streams)),
    };
    const { keysOf } = sealerOn(flaky);
    expect(await rejection(keysOf('default', 5))).to.equal(flaw);
    expect((await keysOf('default', 5)).generation).to.equal(1);
  });
});
