import { expect } from 'chai';
import type { Commands } from '../../src/commands/index.ts';
import { type EventStore, LOG_START } from '../../src/event-store/port.ts';
import { settled } from '../../src/testing/quiet.ts';
import { type FakeLog, fakeEventStoreDbLog } from '../contract/event-store-eventstoredb-log.ts';
import { asAnn, commandsOver, jobInput } from '../support/engines.ts';

/** How many round trips one after another a command makes, by the clock of a fake that answers after 1 ms each time. */
describe('round trips to EventStoreDB', () => {
  let log: FakeLog;
  let store: EventStore;
  let commands: Commands;
  let applicationId: number;
  let jobId: number;
  beforeEach(async () => {
    log = await fakeEventStoreDbLog();
    store = log.open();
    commands = commandsOver(store, log.world);
    applicationId = (await commands.createApplication(asAnn, { name: 'crm' })).value.applicationId;
    jobId = (await commands.createJob(asAnn, jobInput(applicationId, { name: 'first' }))).value.job.jobId;
    log.server.faults.roundTripMs = 1;
  });
  afterEach(async () => {
    // What follows a create may be on its way.
    log.server.faults.roundTripMs = 0;
    await log.world.advance(1);
    await store.close();
    await log.remove();
  });

  const roundTripsOf = async (run: () => Promise<unknown>): Promise<number> => {
    const startedMs = log.world.clock.monotonic();
    let isDone = false;
    const done = run().finally(() => {
      isDone = true;
    });
    await settled();
    while (!isDone) {
      await log.world.advance(1);
      await settled();
    }
    await done;
    return log.world.clock.monotonic() - startedMs;
  };

  it('creates a job in 3, and reads the application once, as nothing follows the log', async () => {
    const before = { ...log.server.counts };
    const create = () => commands.createJob(asAnn, jobInput(applicationId, { name: 'second' }));
    expect(await roundTripsOf(create)).to.equal(3);
    expect(log.server.counts).to.deep.equal({ ...before, read: before.read + 1, append: before.append + 3 });
  });

  it('creates a job in 2 while the log is followed, if the caller does not wait for the read models', async () => {
    const leaving = new AbortController();
    const following = (async () => {
      for await (const _ of store.subscribe({ after: LOG_START, signal: leaving.signal }));
    })();
    const create = (name: string) => () =>
      commands.createJob({ ...asAnn, isEventual: true }, jobInput(applicationId, { name }));
    await roundTripsOf(create('second'));
    await roundTripsOf(create('third'));
    const before = { ...log.server.counts };
    expect(await roundTripsOf(create('fourth'))).to.equal(2);
    expect(log.server.counts.read).to.equal(before.read);
    leaving.abort();
    await following;
  });

  it('changes a job in 6, as the runs and the job are read together', async () => {
    const disable = () => commands.disableJob(asAnn, jobId, {});
    expect(await roundTripsOf(disable)).to.equal(6);
  });

  it('creates 64 jobs at the same time in 4, as ids are reserved for all that wait, and reads are made once for many', async () => {
    const { read } = log.server.counts;
    const creates = () =>
      Promise.all(
        Array.from({ length: 64 }, (_, index) =>
          commands.createJob(asAnn, jobInput(applicationId, { name: `job ${index}` })),
        ),
      );
    expect(await roundTripsOf(creates)).to.equal(4);
    expect(log.server.counts.read - read).to.be.below(10);
  });
});
