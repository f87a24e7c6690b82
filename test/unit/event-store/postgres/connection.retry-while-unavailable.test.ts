import { expect } from 'chai';
import pg from 'pg';
import { createAvailability, EventStoreClosed, LogUnavailable } from '../../../../src/event-store/errors.ts';
import { createRetryWhileAway } from '../../../../src/event-store/postgres/connection.ts';
import { manualWorld } from '../../../support/world.ts';

const rejected = new Error('connect ECONNREFUSED');
const rejectedFor = (tries: number) => {
  let left = tries;
  return async () => {
    if (left-- > 0) throw rejected;
    return 'answered';
  };
};

const patient = () => {
  const world = manualWorld();
  const closing = new AbortController();
  const patiently = createRetryWhileAway({
    world,
    availability: createAvailability(world),
    patienceMs: 10_000,
    closing: closing.signal,
  });
  const said = () => world.lines.filter(({ level }) => level !== 'debug').map(({ level, message }) => [level, message]);
  return { world, closing, patiently, said };
};

describe('reads of a log that is away', () => {
  it('are tried again, and the process log has one line for going and one for coming back', async () => {
    const { world, patiently, said } = patient();
    const responses = Promise.all([patiently(rejectedFor(5)), patiently(rejectedFor(5))]);
    await world.advance(8_000);
    expect(await responses).to.deep.equal(['answered', 'answered']);
    expect(said()).to.deep.equal([
      ['warn', 'the log is unavailable; retrying until it responds'],
      ['info', 'the log is available again'],
    ]);
  });

  it('end after ten seconds with an error of their own', async () => {
    const { world, patiently } = patient();
    const failure = patiently(rejectedFor(1_000)).catch((error: unknown) => error);
    await world.advance(10_000);
    expect(await failure)
      .to.be.instanceOf(LogUnavailable)
      .and.to.have.property('cause', rejected);
  });

  it('are not retried after a response, or when the store is closed', async () => {
    const { closing, patiently } = patient();
    const wrong = new pg.DatabaseError('no such table', 0, 'error');
    wrong.code = '42P01';
    expect(await patiently(() => Promise.reject(wrong)).catch((error: unknown) => error)).to.equal(wrong);
    closing.abort();
    expect(await patiently(rejectedFor(1)).catch((error: unknown) => error)).to.be.instanceOf(EventStoreClosed);
  });
});
