import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import type { RunEvent } from '../../../../src/domain/events/index.ts';
import type { EngineContext } from '../../../../src/engine/context.ts';
import { createRecentStarts, readStarts } from '../../../../src/engine/run/recent-starts.ts';
import { NO_STREAM } from '../../../../src/event-store/port.ts';
import { inMemory } from '../../../support/engines.ts';
import { aLimitedJob } from '../../../support/limited-jobs.ts';
import { runsOf } from '../../../support/run-events.ts';
import { stub } from '../../../support/stub.ts';

describe('the calls that began before an engine started', () => {
  it('count for the rate of their limit, as far as it looks back, with those in progress', async () => {
    const { world, store } = inMemory();
    const runs = runsOf(7);
    let expectedRevision = NO_STREAM;
    const record = async (event: RunEvent) => {
      const metadata = { actor: { type: 'engine' as const, name: 'other' }, correlationId: 'c-1' };
      await store.append({ stream: 'runs-7', expectedRevision, events: [{ ...event, id: randomUUID(), metadata }] });
      expectedRevision += 1;
      return event.data.tail.open;
    };
    const call = async (executionId: number) => {
      await record(runs.start(executionId, world.clock.now()));
      await record(runs.succeed(executionId, world.clock.now()));
    };
    await call(1);
    await world.advance(50_000);
    await call(2);
    await world.advance(20_000);
    const open = await record(runs.start(3, world.clock.now()));
    const job = { ...aLimitedJob(7), runsRevision: expectedRevision };
    job.runs = { ...job.runs, open };
    const began: number[] = [];
    const rated = () => [{ job, perMs: 60_000 }];
    const limits = stub<EngineContext['limits']>({ rated, began: (_job, forMs) => void began.push(forMs) });
    await readStarts(stub<EngineContext>({ store, world, limits }));
    expect(began).to.deep.equal([0, 20_000]);
  });
});

describe('recent starts', () => {
  it('counts those after an instant, in whatever order they came', () => {
    const starts = createRecentStarts();
    for (const atMs of [30, 10, 20, 40]) starts.add(atMs);
    expect(starts.countSince(9)).to.equal(4);
    expect(starts.countSince(20)).to.equal(2);
    expect(starts.nthSince(20, 2)).to.equal(40);
    expect(starts.nthSince(20, 3)).to.equal(undefined);
  });
  it('forgets what is too long ago', () => {
    const starts = createRecentStarts();
    for (let atMs = 0; atMs < 5_000; atMs++) {
      starts.add(atMs);
      expect(starts.countSince(atMs - 10)).to.equal(Math.min(10, atMs + 1));
    }
    starts.add(4_000);
    expect(starts.countSince(4_989)).to.equal(10);
  });
});
