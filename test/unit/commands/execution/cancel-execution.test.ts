import { expect } from 'chai';
import type { RunTask } from '../../../../src/engine/run/send-task.ts';
import { lastEventOf } from '../../../../src/event-store/read-log.ts';
import { addJob, asAnn, engineOver, engineTable, inMemory } from '../../../support/engines.ts';
import { codeOf } from '../../../support/given.ts';
import { okResult } from '../../../support/run-events.ts';

/** A job whose calls take a minute unless they are aborted; its engine may not run at all. */
const start = async (engines: 'one engine' | 'no engine' = 'one engine') => {
  const { world, store, commands } = inMemory();
  const calls: string[] = [];
  const runTask: RunTask = async ({ signal, claim }) => {
    calls.push(claim.trigger);
    await world.timers.sleep(60_000, signal);
    const finishedAtMs = world.clock.now();
    if (signal.aborted) return { kind: 'failed', finishedAtMs, error: { code: 'OUTCOME_UNKNOWN', message: 'aborted' } };
    return {
      kind: 'succeeded',
      finishedAtMs,
      result: okResult,
    };
  };
  const { engine } = engineOver({ store, world, membership: engineTable(world).membership, runTask });
  if (engines === 'one engine') await engine.start();
  const { jobId } = await addJob(commands, { pattern: '0 0 1 1 *' });
  const trigger = async () => (await commands.triggerJob(asAnn, jobId)).value.execution.executionId;
  const cancel = async (executionId: number, as = asAnn) => {
    const begunMs = world.clock.now();
    const cancelling = commands.cancelExecution(as, { executionId, jobId });
    cancelling.catch(() => {});
    await world.advance(2_000);
    const { value } = await cancelling;
    return { ...value, tookMs: world.clock.now() - begunMs };
  };
  const stop = async () => {
    const stopped = engine.stop(0);
    await world.advance(1);
    await stopped;
  };
  const last = async () => (await lastEventOf(store, `runs-${jobId}`)) ?? expect.fail('nothing was recorded');
  return { world, commands, jobId, calls, trigger, cancel, last, stop };
};

describe('cancel execution', () => {
  it('ends a waiting execution immediately, with actor and reason', async () => {
    const { trigger, cancel, last } = await start('no engine');
    const executionId = await trigger();
    expect(await cancel(executionId, { ...asAnn, reason: 'wrong day' })).to.include({ ended: true });
    const { type, data } = await last();
    expect(type).to.equal('ExecutionCancelled');
    expect(data).to.deep.nested.include({ executionId, 'error.code': 'CANCELLED' });
    expect(data).to.have.nested.property('error.message', 'cancelled by ann: wrong day');
  });
  it('has the engine end a call that is in progress, and waits for that', async () => {
    const { world, trigger, cancel, last, calls, stop } = await start();
    const executionId = await trigger();
    await world.advance(500);
    expect(calls).to.deep.equal(['manual']);
    expect(await cancel(executionId)).to.include({ ended: true });
    expect(await last()).to.deep.nested.include({ type: 'ExecutionCancelled', 'data.error.code': 'CANCELLED' });
    await stop();
  });
  it('is requested once', async () => {
    const { world, commands, jobId, trigger, stop } = await start();
    const executionId = await trigger();
    await world.advance(500);
    const both = [1, 2].map(() => commands.cancelExecution(asAnn, { executionId, jobId }));
    await world.advance(2_000);
    expect((await Promise.all(both)).map(({ value }) => value.ended)).to.deep.equal([true, true]);
    await stop();
  });
  it('is rejected for another tenant', async () => {
    const { commands, jobId, trigger } = await start('no engine');
    const executionId = await trigger();
    const foreign = commands.cancelExecution({ ...asAnn, tenant: 'other' }, { executionId, jobId });
    expect(await codeOf(foreign)).to.equal('EXECUTION_NOT_FOUND');
  });
  it('is rejected for one that has succeeded', async () => {
    const { world, trigger, cancel, stop } = await start();
    const executionId = await trigger();
    await world.advance(61_000);
    expect(await codeOf(cancel(executionId))).to.equal('EXECUTION_ENDED');
    await stop();
  });
  it('succeeds again for one that was cancelled, and records nothing more', async () => {
    const { trigger, cancel, last } = await start('no engine');
    const executionId = await trigger();
    await cancel(executionId);
    const { revision } = await last();
    expect(await cancel(executionId)).to.include({ ended: true });
    expect((await last()).revision).to.equal(revision);
  });
});

describe('rerun execution', () => {
  it('executes again for the same nominal time, and names the first', async () => {
    const { world, commands, jobId, trigger, cancel, last, calls, stop } = await start();
    const first = await trigger();
    await world.advance(500);
    await cancel(first);
    const scheduledAt = '2026-01-01T00:00:00.000Z';
    const rerun = { executionId: first, jobId, scheduledAt, definitionRevision: 0 };
    const { value } = await commands.rerunExecution(asAnn, rerun);
    expect(value.execution).to.include({ rerunOf: first, scheduledAt, trigger: 'rerun', definitionRevision: 0 });
    await world.advance(500);
    expect(calls).to.deep.equal(['manual', 'rerun']);
    expect(await last()).to.deep.nested.include({ type: 'ExecutionStarted', 'data.rerunOf': first });
    await stop();
  });
  it('uses the original definition only if that was requested', async () => {
    for (const [definitionRevision, url] of [
      [0, 'https://example.com/first'],
      [undefined, 'https://example.com/second'],
    ] as const) {
      const { world, store, commands } = inMemory();
      const called: (string | undefined)[] = [];
      const runTask: RunTask = async ({ definition }) => {
        called.push(definition.taskConfig.url);
        return { kind: 'succeeded', finishedAtMs: world.clock.now(), result: okResult };
      };
      const { engine } = engineOver({ store, world, membership: engineTable(world).membership, runTask });
      await engine.start();
      const task = { method: 'GET', url: 'https://example.com/first' };
      const { jobId } = await addJob(commands, { pattern: '0 0 1 1 *', taskConfig: task });
      const second = { ...task, url: 'https://example.com/second' };
      const updating = commands.updateJob(asAnn, jobId, { taskConfig: second }, {});
      await world.advance(1_000);
      await updating;
      const scheduledAt = '2026-01-01T00:00:00.000Z';
      await commands.rerunExecution(asAnn, { executionId: 1, jobId, scheduledAt, definitionRevision });
      await world.advance(1_000);
      expect(called).to.deep.equal([url]);
      await engine.stop(0);
    }
  });
});
