import { expect } from 'chai';
import { isRunEvent } from '../../../../src/domain/events/index.ts';
import type { Append, EventStore } from '../../../../src/event-store/port.ts';
import { createSleep, type Timers } from '../../../../src/runtime/runtime.ts';
import { asAnn, engineOver, inMemory, jobInput } from '../../../support/engines.ts';
import type { ManualWorld } from '../../../support/world.ts';

/** A world that waits for gathering too. */
const gathering = (world: ManualWorld): ManualWorld => {
  const after: Timers['after'] = (delayMs, run) => world.timers.after(delayMs, run);
  return { ...world, timers: { after, sleep: createSleep(after) } };
};

/** Events of a type, by the request that appended them and when that was made, ms. */
const watch = (store: EventStore, world: ManualWorld) => {
  const all: { readonly type: string; readonly atMs: number; readonly events: number }[] = [];
  const note = (appends: readonly Append[]): void => {
    for (const type of ['ExecutionStarted', 'ExecutionSucceeded']) {
      const events = appends.flatMap((append) => append.events).filter((event) => event.type === type).length;
      if (events > 0) all.push({ type, atMs: world.clock.monotonic(), events });
    }
  };
  const watched: EventStore = {
    ...store,
    append: (append) => {
      note([append]);
      return store.append(append);
    },
    appendEach: async (appends) => {
      note(appends);
      return (await store.appendEach?.(appends)) ?? [];
    },
  };
  const of = (wanted: string) => () =>
    all.flatMap(({ type, atMs, events }) => (type === wanted ? [{ atMs, events }] : []));
  return { watched, claims: of('ExecutionStarted'), ends: of('ExecutionSucceeded') };
};

/** An engine with jobs whose slots are so many milliseconds apart, from 10 s on. */
const spread = async (jobs: number, apartMs: number) => {
  const { world, store, table, commands } = inMemory();
  const { applicationId } = (await commands.createApplication(asAnn, { name: 'crm' })).value;
  const firstMs = world.clock.now() + 10_000;
  const jobIds: number[] = [];
  for (let job = 0; job < jobs; job++) {
    const { pattern: _, ...input } = jobInput(applicationId, { name: `job-${job}` });
    const startAt = new Date(firstMs + job * apartMs).toISOString();
    const { jobId } = (await commands.createJob(asAnn, { ...input, schedule: { every: '1h' }, startAt })).value.job;
    jobIds.push(jobId);
  }
  const { watched, claims, ends } = watch(store, world);
  const { engine, calls } = engineOver({ store: watched, world: gathering(world), membership: table.membership });
  void engine.start();
  await world.advance(firstMs - world.clock.now() - 1);
  return { world, store, commands, engine, calls, claims, ends, jobIds };
};

describe('the claims of slots', () => {
  it('share a request with others that are due within 50 ms, and lead their slots by at least 150', async () => {
    const { world, claims, calls } = await spread(20, 10);
    await world.advance(200);
    expect(claims()).to.deep.equal([
      { atMs: 9_800, events: 1 },
      { atMs: 9_850, events: 5 },
      { atMs: 9_900, events: 5 },
      { atMs: 9_950, events: 5 },
      { atMs: 10_000, events: 4 },
    ]);
    expect(calls.map(({ atMs }) => atMs)).to.deep.equal(Array.from({ length: 20 }, (_, job) => 10_000 + job * 10));
  });
});

describe('the outcomes of executions', () => {
  it('share a request with others that end within 20 ms', async () => {
    const { world, calls, ends } = await spread(10, 4);
    await world.advance(200);
    expect(calls).to.have.length(10);
    expect(ends().map(({ events }) => events)).to.deep.equal([6, 4]);
  });

  it('are recorded at once if nothing else is called', async () => {
    const { world, ends } = await spread(1, 0);
    await world.advance(1);
    expect(ends()).to.deep.equal([{ atMs: 10_000, events: 1 }]);
  });

  it('share a request soon if many end together', async () => {
    const { world, ends } = await spread(40, 0);
    await world.advance(6);
    expect(ends()[0]?.atMs).to.be.within(10_000, 10_005);
    expect(ends()[0]?.events).to.be.greaterThan(30);
  });

  it('wait for no others if a caller may wait for one', async () => {
    const { world, commands, calls, ends, jobIds } = await spread(10, 50);
    const [jobId = 0] = jobIds.slice(-1);
    await commands.triggerJob(asAnn, jobId, {});
    await world.advance(5);
    expect(calls.map(({ claim }) => claim.trigger)).to.include('manual');
    expect(ends()[0]?.atMs).to.be.lessThan(10_005);
  });

  it('are all recorded when an engine has stopped', async () => {
    const { world, store, engine } = await spread(3, 4);
    await world.advance(9);
    const stopped = engine.stop(1_000);
    await world.advance(2_000);
    await stopped;
    const recorded = [];
    for await (const item of store.subscribe({ signal: AbortSignal.timeout(200) })) {
      if (item.kind === 'events')
        recorded.push(...item.events.filter(isRunEvent).filter(({ type }) => type === 'ExecutionSucceeded'));
      if (item.kind === 'caughtUp') break;
    }
    expect(recorded).to.have.length(3);
  });
});
