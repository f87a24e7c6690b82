import { expect } from 'chai';
import {
  appendEachWithRetry,
  appendWithRetry,
  createStreamQueues,
} from '../../../src/event-store/append-with-retry.ts';
import { AppendUnconfirmed, WrongExpectedRevision } from '../../../src/event-store/errors.ts';
import { NO_STREAM } from '../../../src/event-store/port.ts';
import { all, appendOf, begin, contractCodec, rejection } from '../../contract/event-store-support.ts';
import { appendEachOf, createMemoryEventStore } from '../../support/memory-store.ts';
import { manualWorld } from '../../support/world.ts';

describe('lanes', () => {
  it('runs what belongs to one stream one after another, and lets other streams pass', async () => {
    const { enqueue } = createStreamQueues();
    const seen: string[] = [];
    const gate = Promise.withResolvers<void>();
    const first = enqueue('job-1', async () => {
      seen.push('first begins');
      await gate.promise;
      seen.push('first ends');
    });
    const second = enqueue('job-1', async () => seen.push('second'));
    await enqueue('job-2', async () => seen.push('other'));
    gate.resolve();
    await Promise.all([first, second]);
    expect(seen).to.deep.equal(['first begins', 'other', 'first ends', 'second']);
  });

  it('returns each result or error, and continues after an error', async () => {
    const { enqueue } = createStreamQueues();
    const failed = enqueue('job-1', async () => {
      throw new Error('lost');
    });
    const next = enqueue('job-1', async () => 'won');
    expect(await failed.catch((error) => error.message)).to.equal('lost');
    expect(await next).to.equal('won');
    expect(await enqueue('job-1', async () => 'again')).to.equal('again');
  });
});

/** A store whose first answers to appends are lost, after the append was made. */
const losingAnswers = (count: number) => {
  const world = manualWorld();
  let left = count;
  const after = () => {
    if (left-- > 0) throw new AppendUnconfirmed('runs-1');
  };
  const { now } = world.clock;
  const store = createMemoryEventStore({
    codec: contractCodec,
    now,
    faults: { after: (call) => (call.verb === 'append' ? after() : undefined) },
  });
  return { world, store };
};

describe('append surely', () => {
  it('retries an append until it is confirmed, and makes it once', async () => {
    const { world, store } = losingAnswers(3);
    const response = appendWithRetry(store, appendOf('runs-1', NO_STREAM, 'a'), { world });
    await world.advance(10_000);
    expect((await response).revision).to.equal(0);
    expect(await all(store.readStream('runs-1'))).to.have.length(1);
    expect(world.lines.map(({ level }) => level)).to.deep.equal(['debug', 'debug', 'debug']);
  });

  it('retries several appends until they are confirmed, and makes each once', async () => {
    const { world, store } = losingAnswers(3);
    await begin(store, 'runs-3', 'c').catch(() => undefined);
    const appends = ['runs-1', 'runs-2', 'runs-3'].map((stream) => appendOf(stream, NO_STREAM, 'a'));
    const response = appendEachWithRetry(appendEachOf(store), appends, { world });
    await world.advance(10_000);
    const [first, second, third] = await response;
    expect([first, second].map((each) => each !== undefined && 'revision' in each && each.revision)).to.eql([0, 0]);
    expect(third).to.be.instanceOf(WrongExpectedRevision);
    expect(await all(store.readStream('runs-1'))).to.have.length(1);
  });

  it('reports that it lost, without trying again', async () => {
    const { world, store } = losingAnswers(0);
    await begin(store, 'runs-1', 'a');
    const response = rejection(appendWithRetry(store, appendOf('runs-1', NO_STREAM, 'b'), { world }));
    expect(await response).to.be.instanceOf(WrongExpectedRevision);
    expect(world.lines).to.deep.equal([]);
  });

  it('stops without a response only when aborted', async () => {
    const { world, store } = losingAnswers(Number.POSITIVE_INFINITY);
    const stopping = new AbortController();
    const append = appendOf('runs-1', NO_STREAM, 'a');
    const response = rejection(appendWithRetry(store, append, { world, signal: stopping.signal }));
    await world.advance(60_000);
    stopping.abort();
    expect(await response).to.be.instanceOf(AppendUnconfirmed);
    expect(world.pendingTimers()).to.equal(0);
  });
});
