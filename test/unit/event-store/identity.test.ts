import { expect } from 'chai';
import { LogMismatch } from '../../../src/event-store/errors.ts';
import { checkCheckpoint, ensureLogIdentity } from '../../../src/event-store/identity.ts';
import { positionOf } from '../../../src/event-store/port.ts';
import { all, appendOf, begin, contractCodec, rejection } from '../../contract/event-store-support.ts';
import { createMemoryEventStore } from '../../support/memory-store.ts';
import { manualWorld } from '../../support/world.ts';

const openLog = async () => {
  const world = manualWorld();
  const store = createMemoryEventStore({ codec: contractCodec, now: world.clock.now });
  return { world, store, logId: await ensureLogIdentity(store, world) };
};

describe('log identity', () => {
  it('is created once, and is the same for all requests', async () => {
    const world = manualWorld();
    const store = createMemoryEventStore({ codec: contractCodec, now: world.clock.now });
    const ids = await Promise.all([1, 2, 3].map(() => ensureLogIdentity(store, world)));
    expect(new Set([...ids, await ensureLogIdentity(store, world)]).size).to.equal(1);
    expect(await all(store.readStream('log'))).to.have.length(1);
  });

  it('lets a checkpoint of this log pass, also one whose event was cut since', async () => {
    const { store, logId } = await openLog();
    const { position } = await begin(store, 'runs-1', 'a');
    const [event] = await all(store.readStream('runs-1'));
    const checkpoint = { logId, position, eventId: event?.id };
    await checkCheckpoint(store, { reader: 'jobs', logId, checkpoint });
    await store.append(appendOf('runs-1', 0, 'b'));
    await store.truncateBefore('runs-1', 1);
    await checkCheckpoint(store, { reader: 'jobs', logId, checkpoint });
  });

  it('rejects a checkpoint of another log, beyond the end, or of another event there, and states what to do', async () => {
    const { store, logId } = await openLog();
    const { position } = await begin(store, 'runs-1', 'a');
    const checked = (checkpoint: object) =>
      rejection(checkCheckpoint(store, { reader: 'jobs', logId, checkpoint: { logId, position, ...checkpoint } }));
    const rejections = await Promise.all([
      checked({ logId: 'other' }),
      checked({ position: positionOf(99) }),
      checked({ eventId: 'other' }),
    ]);
    expect(rejections.map((error) => error instanceof LogMismatch && error.code)).to.deep.equal([
      'OTHER_LOG',
      'BEYOND_END',
      'OTHER_EVENT',
    ]);
    for (const error of rejections) expect(String(error)).to.match(/jobs.*empty it (so that it|and let it) read/);
  });
});
