import { expect } from 'chai';
import { isJobEvent, type JobDefinition } from '../../../src/domain/events/index.ts';
import type { Claim } from '../../../src/engine/run/open-calls.ts';
import type { RunTask } from '../../../src/engine/run/send-task.ts';
import type { EventStore } from '../../../src/event-store/port.ts';
import { lastEventOf } from '../../../src/event-store/read-log.ts';
import { addJob, asAnn, engineOver, inMemory, storeOver } from '../../support/engines.ts';
import { withAppend } from '../../support/memory-store.ts';

/** Engines over one log whose target answers 503 until it is mended. */
const start = async (rules: Partial<JobDefinition>) => {
  const { world, log, store, table, commands } = inMemory();
  const calls: Claim[] = [];
  let isMended = false;
  const mend = () => (isMended = true);
  const runTask: RunTask = async ({ claim, mayStillCall }) => {
    if (!mayStillCall('https://example.com')) return 'withheld';
    calls.push(claim);
    const nowMs = world.clock.now();
    const times = { startedAtMs: nowMs, finishedAtMs: nowMs };
    const result = {
      taskType: 'HttpInvokerTask' as const,
      status: isMended ? 200 : 503,
      headers: {},
      data: null,
      truncated: false,
    };
    if (isMended) return { kind: 'succeeded', ...times, result };
    return {
      kind: 'failed',
      ...times,
      result,
      error: { code: 'HTTP_503', message: 'the target responded with status 503' },
    };
  };
  const engineWith = (own: EventStore = storeOver(log)) =>
    engineOver({ store: own, world, membership: table.membership, runTask }).engine;
  const engine = engineWith();
  await engine.start();
  const { jobId } = await addJob(commands, rules);
  return { world, store, engine, engineWith, commands, jobId, calls, mend };
};

describe('a job with disableAfter', () => {
  const rules = { disableAfter: 2, pattern: '*/10 * * * * *' };
  const newest = async (store: EventStore, jobId: number) => {
    const last = await lastEventOf(store, `job-${jobId}`);
    if (last === undefined || !isJobEvent(last)) throw new Error('no job');
    return last;
  };

  it('is disabled by Carillon itself, which states why', async () => {
    const { world, store, engine, jobId, calls } = await start(rules);
    await world.advance(60_000);
    expect(calls).to.have.length(2);
    const { type, data, metadata } = await newest(store, jobId);
    expect([type, data.updatedBy]).to.deep.equal(['JobDisabled', 'carillon']);
    expect(metadata).to.deep.include({
      actor: { type: 'system', name: 'carillon' },
      reason: '2 executions failed in a row',
    });
    await engine.stop(0);
  });
  it('is disabled by the next engine if one died before it had done so', async () => {
    const { world, store, engine, engineWith, commands, jobId, calls } = await start({ ...rules, enabled: false });
    await engine.stop(0);
    const powerless = withAppend(store, (append) =>
      append.events.some(({ type }) => type === 'JobDisabled')
        ? Promise.reject(new Error('a right is missing'))
        : store.append(append),
    );
    const first = engineWith(powerless);
    const firstStarted = first.start();
    await world.advance(1_000);
    await firstStarted;
    await commands.enableJob(asAnn, jobId, {});
    await world.advance(60_000);
    expect(calls).to.have.length(2);
    expect((await newest(store, jobId)).type).to.equal('JobEnabled');
    const stopped = first.stop(0);
    await world.advance(10_000);
    await stopped;
    const next = engineWith();
    const nextStarted = next.start();
    await world.advance(10_000);
    await nextStarted;
    await world.advance(10_000);
    expect((await newest(store, jobId)).type).to.equal('JobDisabled');
    expect(calls).to.have.length(2);
    await next.stop(0);
  });
  it('stays enabled if someone edited it in the meantime, so that it is no longer to be disabled', async () => {
    const { world, store, engine, commands, jobId, calls, mend } = await start(rules);
    await world.advance(15_000);
    await commands.updateJob(asAnn, jobId, { disableAfter: null }, {});
    await world.advance(30_000);
    mend();
    await world.advance(10_000);
    expect(calls.length).to.be.at.least(4);
    expect((await newest(store, jobId)).type).to.equal('JobUpdated');
    await engine.stop(0);
  });
});
