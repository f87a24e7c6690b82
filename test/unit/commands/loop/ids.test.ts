import { expect } from 'chai';
import { createIds, type Ids } from '../../../../src/commands/loop/ids.ts';
import { createStreamQueues } from '../../../../src/event-store/append-with-retry.ts';
import { emptyMemoryStore } from '../../../support/sealing.ts';
import { manualWorld } from '../../../support/world.ts';

describe('ids', () => {
  const start = () => {
    const [store, world] = [emptyMemoryStore(), manualWorld()];
    /** Lets time go on until it is done: whoever loses an append waits a moment before the next try. */
    const meanwhile = async <T>(work: Promise<T>): Promise<T> => {
      let isDone = false;
      const done = work.finally(() => {
        isDone = true;
      });
      while (!isDone) await world.advance(10);
      return done;
    };
    /** The ids of a process of its own. */
    return (): Pick<Ids, 'take' | 'giveBack'> => {
      const ids = createIds({ store, lanes: createStreamQueues(), world }, 'jobs');
      return { take: () => meanwhile(ids.take()), giveBack: () => meanwhile(ids.giveBack()) };
    };
  };
  const take = async (ids: Pick<Ids, 'take'>, count: number): Promise<number[]> => {
    const taken: number[] = [];
    while (taken.length < count) taken.push(await ids.take());
    return taken;
  };

  it('continue if the process before gave back what it had not used', async () => {
    const process = start();
    const first = process();
    expect(await take(first, 3)).to.deep.equal([1, 2, 3]);
    await first.giveBack();
    expect(await take(process(), 2)).to.deep.equal([4, 5]);
  });

  it('leave a gap after a process that died', async () => {
    const process = start();
    await take(process(), 3);
    expect(await take(process(), 1)).to.not.deep.equal([4]);
  });

  it('are not given back once another process has reserved more', async () => {
    const process = start();
    const [first, second] = [process(), process()];
    const taken = [...(await take(first, 3)), ...(await take(second, 3))];
    await first.giveBack();
    taken.push(...(await take(second, 20)), ...(await take(process(), 20)), ...(await take(first, 20)));
    expect(new Set(taken).size).to.equal(taken.length);
  });

  it('are unique, even if processes stop at any time', async () => {
    const process = start();
    const all: number[] = [];
    let living = [process(), process(), process()];
    for (let turn = 0; turn < 60; turn++) {
      const ids = living[turn % living.length];
      if (ids === undefined) break;
      all.push(...(await take(ids, (turn * 7) % 13)));
      if (turn % 4 === 3) {
        await ids.giveBack();
        living = [...living.filter((other) => other !== ids), process()];
      }
    }
    expect(new Set(all).size).to.equal(all.length);
  });

  it('given back twice, or by a process that continues, do no harm', async () => {
    const process = start();
    const first = process();
    await take(first, 1);
    await Promise.all([first.giveBack(), first.giveBack()]);
    const second = process();
    const taken = [...(await take(first, 40)), ...(await take(second, 40))];
    expect(new Set([1, ...taken]).size).to.equal(81);
  });
});
