import { expect } from 'chai';
import { createOutbox, type Outgoing } from '../../../src/runtime/outbox.ts';
import { createOutageLog } from '../../../src/runtime/retry.ts';
import { createFairSemaphore } from '../../../src/runtime/semaphore.ts';
import { manualWorld } from '../../support/world.ts';

const anOutbox = () => {
  const world = manualWorld();
  const failures: unknown[] = [];
  const aborter = new AbortController();
  const outbox = createOutbox({
    world,
    places: createFairSemaphore({ count: 4, countPerTarget: 2, clock: world.clock }),
    outages: createOutageLog(world.log, 'records'),
    failed: (error) => failures.push(error),
    signal: aborter.signal,
  });
  return { outbox, world, failures, abort: () => aborter.abort() };
};

const outgoing = <T>(other: Partial<Outgoing<T>> & Pick<Outgoing<T>, 'send'>): (() => Promise<Outgoing<T>>) => {
  return async () => ({ tenant: 'acme', target: 'http://a', record: async () => {}, ...other });
};

describe('outbox', () => {
  it('sends an item once while it is being sent and until the next round, and then again', async () => {
    const { outbox } = anOutbox();
    let sent = 0;
    const response = Promise.withResolvers<'ok'>();
    const item = outgoing({
      send: () => {
        sent += 1;
        return response.promise;
      },
    });
    outbox.beginRound();
    outbox.send(7, item);
    outbox.beginRound();
    outbox.send(7, item);
    expect(outbox.isIdle()).to.equal(false);
    response.resolve('ok');
    await outbox.ended();
    expect(outbox.isIdle()).to.equal(true);
    // What was read before it ended may still say that it is due.
    outbox.send(7, item);
    await outbox.ended();
    expect(sent).to.equal(1);
    outbox.beginRound();
    outbox.send(7, item);
    await outbox.ended();
    expect(sent).to.equal(2);
  });

  it('records an outcome until that succeeds, without sending again', async () => {
    const { outbox, world } = anOutbox();
    const done: string[] = [];
    outbox.send(
      1,
      outgoing({
        send: async () => {
          done.push('sent');
          return 'delivered';
        },
        record: async (outcome) => {
          done.push(outcome);
          if (done.length < 4) throw new Error('the log is away');
        },
      }),
    );
    await world.advance(10_000);
    await outbox.ended();
    expect(done).to.deep.equal(['sent', 'delivered', 'delivered', 'delivered']);
    expect(world.lines.map(({ message }) => message)).to.include.members(['records fail', 'records work again']);
  });

  it('records nothing if the outcome is unknown, and ends what it could not record when its signal aborts', async () => {
    const { outbox, abort, world } = anOutbox();
    let records = 0;
    const record = async (): Promise<never> => {
      records += 1;
      throw new Error('the log is away');
    };
    outbox.send(1, outgoing({ send: async () => undefined, record }));
    await outbox.ended();
    expect(records).to.equal(0);
    outbox.send(2, outgoing({ send: async () => 'delivered', record }));
    await world.advance(0);
    abort();
    await outbox.ended();
    expect(records).to.equal(1);
  });

  it('reports an item that fails, and sends the others', async () => {
    const { outbox, failures } = anOutbox();
    const failure = new Error('its stream can not be read');
    const sent: number[] = [];
    outbox.send(1, async () => {
      throw failure;
    });
    outbox.send(2, async () => undefined);
    outbox.send(3, outgoing({ send: async () => void sent.push(3) }));
    await outbox.ended();
    expect([failures, sent]).to.deep.equal([[failure], [3]]);
  });

  it('leaves places to other tenants while the targets of one hang', async () => {
    const { outbox } = anOutbox();
    const hanging = Promise.withResolvers<undefined>();
    const sent: string[] = [];
    for (const key of [1, 2, 3]) outbox.send(key, outgoing({ send: () => hanging.promise }));
    const other = { tenant: 'beta', target: 'http://b', send: async () => void sent.push('beta') };
    outbox.send('beta', outgoing(other));
    await new Promise(setImmediate);
    expect(sent).to.deep.equal(['beta']);
    hanging.resolve(undefined);
    await outbox.ended();
  });
});
