import { expect } from 'chai';
import { createTurns } from '../../../../src/event-store/eventstoredb/turns.ts';
import { settle } from '../../../support/world.ts';

describe('turns', () => {
  it('lets so many run at once, the others in the order they came, also after one failed', async () => {
    const turns = createTurns(2);
    const started: number[] = [];
    const ends = Array.from({ length: 5 }, () => Promise.withResolvers<void>());
    const runs = ends.map(({ promise }, index) =>
      turns
        .run(() => {
          started.push(index);
          return promise;
        })
        .catch(() => 'failed'),
    );
    await settle();
    expect(started).to.deep.equal([0, 1]);
    ends[1]?.reject(new Error('no'));
    await settle();
    expect(started).to.deep.equal([0, 1, 2]);
    for (const { resolve } of ends) resolve();
    expect((await Promise.all(runs)).at(1)).to.equal('failed');
    expect(started).to.deep.equal([0, 1, 2, 3, 4]);
  });
});
