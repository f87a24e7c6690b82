import { expect } from 'chai';
import { encodeAppend } from '../../../../src/event-store/check-append.ts';
import { AppendUnconfirmed, createAvailability } from '../../../../src/event-store/errors.ts';
import { createAppendQueue, nextBatch } from '../../../../src/event-store/postgres/append-queue.ts';
import type { OneConnection } from '../../../../src/event-store/postgres/connection.ts';
import type { Runtime } from '../../../../src/runtime/runtime.ts';
import { appendOf, contractCodec } from '../../../contract/event-store-support.ts';
import { stub } from '../../../support/stub.ts';
import { manualTime, settle, silentLog } from '../../../support/world.ts';

type Waiting = { readonly count: number; readonly sizeBytes: number };
const waiting = (length: number, sizeBytes: number, count = 1): Waiting[] =>
  Array.from({ length }, () => ({ count, sizeBytes }));
const taken = (all: Waiting[]) => {
  const batch = nextBatch(all);
  expect([...batch.taken, ...batch.left]).to.deep.equal(all);
  return batch.taken.length;
};

describe('take batch', () => {
  it('has all waiting appends, up to 1,500', () => {
    expect(taken(waiting(3, 100))).to.equal(3);
    expect(taken(waiting(1_501, 100))).to.equal(1_500);
  });

  it('counts the appends that were handed in together', () => {
    expect(taken(waiting(4, 100, 500))).to.equal(3);
    expect(taken(waiting(2, 100, 2_000))).to.equal(1);
  });

  it('has at most 8 MiB, and at least one append', () => {
    expect(taken(waiting(20, 1_048_576))).to.equal(8);
    expect(taken(waiting(2, 9 * 1_048_576))).to.equal(1);
  });
});

const DEADLINE_MS = 10_000;

const queueOver = (connection: Partial<OneConnection>, time = manualTime()) => {
  const queue = createAppendQueue({
    connection: {
      get: () => new Promise(() => {}),
      isCurrent: () => true,
      drop: () => {},
      close: async () => {},
      ...connection,
    },
    world: stub<Runtime>({ clock: time.clock, timers: time.timers, log: silentLog }),
    availability: createAvailability(stub<Runtime>({ clock: time.clock, log: silentLog })),
    deadlineMs: DEADLINE_MS,
    onSending: () => () => {},
    onCommitted: () => {},
  });
  const states: string[] = [];
  const append = (stream: string): void => {
    const place = states.push('waits') - 1;
    queue.append([[encodeAppend(contractCodec, appendOf(stream, -1, 'a'))]]).then(
      () => {
        states[place] = 'answered';
      },
      (error) => {
        states[place] = error.name;
      },
    );
  };
  return { queue, states, append };
};

describe('append queue', () => {
  it('rejects an append that fails past its deadline, before its timer runs', async () => {
    const time = manualTime();
    let skewMs = 0;
    let fail = (_error: Error): void => {};
    const clock = { now: time.clock.now, monotonic: () => time.clock.monotonic() + skewMs };
    const get = (): Promise<never> =>
      new Promise((_, reject) => {
        fail = reject;
      });
    const { states, append } = queueOver({ get }, { ...time, clock });
    append('runs-1');
    await time.advance(DEADLINE_MS - 1);
    skewMs = 2;
    fail(new Error('rejected'));
    await settle();
    await time.advance(2);
    await settle();
    expect(states).to.deep.equal([AppendUnconfirmed.name]);
  });

  it('rejects every append that becomes late while others are checked', async () => {
    const time = manualTime();
    let lookedMs = 0;
    const monotonic = (): number => {
      lookedMs += 0.0002;
      return time.clock.monotonic() + lookedMs;
    };
    const { states, append } = queueOver({}, { ...time, clock: { now: time.clock.now, monotonic } });
    for (let count = 0; count < 200; count++) {
      append(`runs-${count}`);
      await time.advance(0.01);
    }
    await time.advance(DEADLINE_MS + 1);
    expect(new Set(states)).to.deep.equal(new Set([AppendUnconfirmed.name]));
  });

  it('tries nothing if all that waited has become late', async () => {
    const time = manualTime();
    let tries = 0;
    const get = async (): Promise<never> => {
      tries += 1;
      throw new Error('rejected');
    };
    const { queue, states, append } = queueOver({ get }, time);
    append('runs-1');
    await time.advance(2 * DEADLINE_MS);
    const made = tries;
    await time.advance(10 * DEADLINE_MS);
    expect([states, tries]).to.deep.equal([[AppendUnconfirmed.name], made]);
    await queue.close();
  });
});
