import { expect } from 'chai';
import { runsStream } from '../../../src/domain/streams.ts';
import type { RunTask } from '../../../src/engine/run/send-task.ts';
import type { EventStore } from '../../../src/event-store/port.ts';
import { lastEventOf } from '../../../src/event-store/read-log.ts';
import { addJob, asAnn, engineOver, engineTable, inMemory, storeOver } from '../../support/engines.ts';
import { withAppend } from '../../support/memory-store.ts';
import { okResult } from '../../support/run-events.ts';

const MINUTE_MS = 60_000;

describe('an engine', () => {
  it('calls a run immediately that was requested by a clock an hour ahead of its own', async () => {
    const { world, log, table, commands } = inMemory();
    const { engine, calls } = engineOver({ store: storeOver(log), world, membership: table.membership });
    // A process that still goes by the clock as it was.
    await engine.start();
    const { jobId } = await addJob(commands, { pattern: '0 0 1 1 *' });
    table.put(-60 * MINUTE_MS);
    await world.advance(2 * MINUTE_MS);
    await commands.triggerJob(asAnn, jobId);
    await world.advance(1_000);
    expect(calls.map(({ claim }) => claim.trigger)).to.deep.equal(['manual']);
    await engine.stop(0);
  });

  it('calls each run by its own input, and each rerun by its own definition', async () => {
    const { world, store, commands } = inMemory();
    const { engine, calls } = engineOver({ store, world, membership: engineTable(world).membership });
    await engine.start();
    const { jobId } = await addJob(commands, { pattern: '0 0 1 1 *' });
    const trigger = async (given: object) => {
      const { executionId, scheduledAt } = (await commands.triggerJob(asAnn, jobId, given)).value.execution;
      await world.advance(1_000);
      return { jobId, executionId, scheduledAt };
    };
    await trigger({ body: 'first' });
    await trigger({ body: 'second' });
    await trigger({});
    const bodies = () => calls.splice(0).map(({ body }) => body);
    expect(bodies()).to.deep.equal(['first', 'second', undefined]);

    const urls = ['https://example.com/first', 'https://example.com/second'];
    const made = [];
    for (const url of urls) {
      const { revision } = await commands.updateJob(asAnn, jobId, { taskConfig: { url, method: 'POST' } }, {});
      made.push({ ...(await trigger({})), definitionRevision: revision });
    }
    calls.length = 0;
    for (const run of made) {
      await commands.rerunExecution(asAnn, run);
      await world.advance(1_000);
    }
    expect(calls.map(({ url }) => url)).to.deep.equal(urls);
    await engine.stop(0);
  });

  it('that stops waits for the call of a claim whose append was still in progress', async () => {
    const { world, store, commands } = inMemory();
    const response = Promise.withResolvers<void>();
    let isSlow = false;
    const append: EventStore['append'] = async (requested) => {
      if (isSlow && requested.stream === runsStream(1)) await response.promise;
      return store.append(requested);
    };
    const runTask: RunTask = async () => {
      const startedAtMs = world.clock.now();
      await world.timers.sleep(2_000);
      return { kind: 'succeeded', startedAtMs, finishedAtMs: world.clock.now(), result: okResult };
    };
    const { membership } = engineTable(world);
    const { engine } = engineOver({ store: withAppend(store, append), world, membership, runTask });
    await engine.start();
    const { jobId } = await addJob(commands, { pattern: '0 0 1 1 *' });
    await world.advance(MINUTE_MS);
    isSlow = true;
    await commands.triggerJob(asAnn, jobId);
    await world.advance(1_000);
    const lastWhenStopped = engine.stop(MINUTE_MS).then(() => lastEventOf(store, runsStream(jobId)));
    await world.advance(6_000);
    response.resolve();
    await world.advance(10_000);
    expect((await lastWhenStopped)?.type).to.equal('ExecutionSucceeded');
  });
});
