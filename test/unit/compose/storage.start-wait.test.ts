import { expect } from 'chai';
import { createStartWait, StartWaitOver } from '../../../src/compose/storage.ts';
import { manualWorld } from '../../support/world.ts';

const rejected = new Error('connect ECONNREFUSED');

describe('a start that waits', () => {
  const started = (
    check: () => Promise<string>,
    isAway: (error: unknown) => boolean = (error) => error === rejected,
  ) => {
    const world = manualWorld();
    const wait = createStartWait(world);
    return { world, wait, answer: wait.until({ name: 'Postgres at db:5432', check, isAway }) };
  };

  it('continues once the resource is available, reports the reason, and logs it once', async () => {
    let tries = 0;
    const {
      world,
      wait,
      answer: response,
    } = started(async () => {
      tries += 1;
      if (tries < 30) throw rejected;
      return 'here';
    });
    await world.advance(20_000);
    expect(wait.reason()).to.equal('waiting for Postgres at db:5432: connect ECONNREFUSED');
    await world.advance(20_000);
    expect(await response).to.equal('here');
    expect(wait.reason()).to.equal('the process is starting');
    expect(world.lines.map(({ level, message }) => [level, message])).to.deep.equal([
      ['warn', 'waiting for Postgres at db:5432'],
      ['info', 'Postgres at db:5432 is available: continuing the start'],
    ]);
  });

  it('ends after its time, and states what was missing', async () => {
    const { world, answer: response } = started(() => Promise.reject(rejected));
    const failure = response.catch((error: unknown) => error);
    await world.advance(61_000);
    expect(await failure)
      .to.be.instanceOf(StartWaitOver)
      .with.property('message')
      .that.includes("Can't reach Postgres at db:5432 for 60 s: connect ECONNREFUSED");
  });

  it('waits for nothing that no wait would fix', async () => {
    const wrong = new Error('password authentication failed');
    const { answer: response } = started(() => Promise.reject(wrong));
    expect(await response.catch((error: unknown) => error)).to.equal(wrong);
  });
});
