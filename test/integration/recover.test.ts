import { expect } from 'chai';
import pg from 'pg';
import { renderRecovery } from '../../src/cli/own-log.ts';
import { type EventStore, NO_STREAM } from '../../src/event-store/port.ts';
import { dropGenerations, findAhead } from '../../src/projections/ahead.ts';
import { allProjections } from '../../src/projections/all.ts';
import { codec } from '../support/codec.ts';
import { history, metadata } from '../support/histories.ts';
import { createMemoryEventStore } from '../support/memory-store.ts';
import { dump, LOG_ID, openProjecting, type Projecting } from '../support/projecting.ts';
import { allEvents } from '../support/publishing.ts';

describe('read models of a log that was set back', () => {
  let projecting: Projecting;
  let client: pg.Client;
  beforeEach(async () => {
    projecting = await openProjecting();
    client = new pg.Client({ connectionString: projecting.database.url });
    await client.connect();
    const runner = projecting.run();
    const names = ['edit', 'request', 'claim', 'succeed'] as const;
    await projecting.reach(await projecting.append(history(names.map((step) => ({ jobId: 1, step })))));
    await runner.stop();
  });
  afterEach(async () => {
    await client.end();
    await projecting.close();
  });

  /** The log without its last events, and with so many others in their place. */
  const setBack = async (lost: number, others = 0): Promise<EventStore> => {
    const whole = await allEvents(projecting.store);
    const store = createMemoryEventStore({ codec, now: () => Date.now() });
    for (const event of whole.slice(0, whole.length - lost)) {
      await store.append({ stream: event.stream, expectedRevision: event.revision - 1, events: [event] });
    }
    for (const event of whole.slice(0, others)) {
      const events = [{ ...event, id: crypto.randomUUID() }];
      await store.append({ stream: `ids-${events[0]?.id}`, expectedRevision: NO_STREAM, events });
    }
    return store;
  };
  const findIn = (store: EventStore, endsExactly = true) => findAhead(client, { store, logId: LOG_ID, endsExactly });
  const namesAhead = async (...requested: Parameters<typeof findIn>) =>
    (await findIn(...requested)).map(({ name }) => name);

  it('are found: those whose last event is gone, or is another one now', async () => {
    expect(await namesAhead(projecting.store)).to.deep.equal([]);
    expect(await namesAhead(await setBack(1), false)).to.include.members(['executions', 'jobs', 'ledger', 'schedule']);
    const [first] = await findIn(await setBack(2, 2));
    expect(first?.why).to.match(/^it has read event \S+ at \d+, where the log now has another event$/);
    expect((await findIn(await setBack(1)))[0]?.why).to.match(/^it has read up to \d{20}$/);
    expect((await findAhead(client, { store: projecting.store, logId: 'other', endsExactly: true })).length).to.equal(
      allProjections.length,
    );
  });

  it('are found if what is gone was not for them: they would pass over what is recorded there next', async () => {
    const id = crypto.randomUUID();
    const reserved = { type: 'IdsReserved', data: { kind: 'jobs', first: 1, last: 10 }, id, metadata } as const;
    const runner = projecting.run();
    const { position } = await projecting.store.append({
      stream: 'ids-jobs',
      expectedRevision: NO_STREAM,
      events: [reserved],
    });
    await projecting.reach(position);
    await runner.stop();
    const shorter = await setBack(1);
    expect(await namesAhead(shorter, false)).to.deep.equal([]);
    expect(await namesAhead(shorter)).to.have.length(allProjections.length);
  });

  it('are filled from the log once they are dropped', async () => {
    const shorter = await setBack(3);
    const ahead = await findIn(shorter);
    await dropGenerations(
      client,
      ahead.map(({ name }) => name),
    );
    expect(await namesAhead(shorter)).to.deep.equal([]);
    const runner = projecting.run({ store: shorter });
    const end = await shorter.end();
    await projecting.until(async () => {
      const { rows } = await client.query('SELECT FROM projection_generations WHERE position = $1', [end]);
      return rows.length === allProjections.length;
    });
    const recovered = await dump(projecting.pool, allProjections);
    await runner.stop();
    expect(await namesAhead(shorter)).to.deep.equal([]);
    const fresh = await openProjecting();
    try {
      fresh.run({ store: shorter });
      await fresh.reach(end ?? '');
      expect(recovered).to.deep.equal(await dump(fresh.pool, allProjections));
    } finally {
      await fresh.close();
    }
  });

  it('are reported with what is done', () => {
    const ahead = [{ name: 'jobs', generation: 2, why: 'the log ends before it' }];
    const recovery = { logId: LOG_ID, end: '00000000000000000007', ahead, dropped: false, published: undefined };
    expect(renderRecovery(recovery)).to.contain(
      'jobs (generation 2) is ahead of the log: the log ends before it\nNothing was changed',
    );
    expect(renderRecovery({ ...recovery, dropped: true })).to.contain('Dropped these read models');
    expect(renderRecovery({ ...recovery, ahead: [] })).to.match(/No read model is ahead of the log\n$/);
    expect(renderRecovery({ ...recovery, published: 'it was set back' })).to.match(
      /Kafka is ahead of the log: it was set back\n$/,
    );
  });
});
