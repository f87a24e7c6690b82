import { expect } from 'chai';
import { createLastKnown } from '../../../../src/event-store/eventstoredb/last-known.ts';
import { createLogTail, type ReceivedEvent } from '../../../../src/event-store/log-tail.ts';
import { positionOf } from '../../../../src/event-store/port.ts';
import { contractCodec } from '../../../contract/event-store-support.ts';
import { manualWorld, settle } from '../../../support/world.ts';

const event = (stream: string, place: number): ReceivedEvent => ({
  ...{ id: '', type: 'NameReserved', stream, revision: place, position: positionOf(place) },
  ...{ recordedAt: 0, data: '{}', metadata: '{}' },
});

describe('last events that are known', () => {
  const start = () => {
    const world = manualWorld();
    const tail = createLogTail(contractCodec);
    const stored = new Map<string, ReceivedEvent>();
    let reads = 0;
    const lastKnown = createLastKnown({
      tail,
      timers: world.timers,
      read: async (stream) => {
        reads += 1;
        return stored.get(stream);
      },
    });
    const add = (...events: readonly ReceivedEvent[]): void => {
      const after = tail.end() ?? positionOf(0);
      for (const each of events) stored.set(each.stream, each);
      tail.add({ after, events, considered: events.at(-1)?.position ?? after, sizeBytes: 1, atEnd: true });
    };
    const placeOf = async (stream: string, asOf: number) => (await lastKnown(stream, positionOf(asOf)))?.position;
    return { world, tail, add, placeOf, stored, reads: () => reads };
  };

  it('are read once, and go on with the log', async () => {
    const { tail, add, placeOf, reads, stored } = start();
    tail.begin(positionOf(1));
    stored.set('app-1', event('app-1', 1));
    expect(await placeOf('app-1', 0)).to.equal(positionOf(1));
    add(event('app-1', 2), event('job-1', 3));
    expect(await placeOf('app-1', 3)).to.equal(positionOf(2));
    expect(reads()).to.equal(1);
  });

  it('wait until the log has come to the position, and are read if it does not come', async () => {
    const { world, tail, add, placeOf, reads } = start();
    tail.begin(positionOf(1));
    await placeOf('app-1', 0);
    const waits = placeOf('app-1', 3);
    await settle();
    add(event('app-1', 2), event('job-1', 3));
    expect(await waits).to.equal(positionOf(2));
    expect(reads()).to.equal(1);
    const waitsLonger = placeOf('app-1', 9);
    await world.advance(100);
    expect(await waitsLonger).to.equal(positionOf(2));
    expect(reads()).to.equal(2);
  });

  it('are read each time while nothing brings what comes after them, and again after a gap', async () => {
    const { tail, placeOf, reads, stored } = start();
    await placeOf('app-1', 0);
    await placeOf('app-1', 0);
    expect(reads()).to.equal(2);
    tail.begin(positionOf(1));
    await placeOf('app-1', 0);
    tail.clear();
    stored.set('app-1', event('app-1', 2));
    tail.begin(positionOf(2));
    expect(await placeOf('app-1', 0)).to.equal(positionOf(2));
    expect(reads()).to.equal(4);
  });

  it('keep what came while they were read', async () => {
    const { tail, add, placeOf, reads } = start();
    tail.begin(positionOf(1));
    const reading = placeOf('app-1', 0);
    add(event('app-1', 2));
    expect(await reading).to.equal(positionOf(2));
    expect(await placeOf('app-1', 2)).to.equal(positionOf(2));
    expect(reads()).to.equal(1);
  });
});
