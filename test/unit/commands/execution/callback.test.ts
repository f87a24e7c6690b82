import { expect } from 'chai';
import { DomainError } from '../../../../src/domain/domain-error.ts';
import type { RunTask } from '../../../../src/engine/run/send-task.ts';
import {
  addJob,
  asAnn,
  commandsOver,
  edges,
  engineOver,
  engineTable,
  memoryLog,
  storeOver,
} from '../../../support/engines.ts';
import { codeOf } from '../../../support/given.ts';
import type { StoreCall } from '../../../support/memory-store.ts';
import { manualWorld } from '../../../support/world.ts';

/** A job whose target takes each call with 202 and remembers the token that it came with. */
const start = async (fields: object = {}, { answers: responses = true } = {}) => {
  const world = manualWorld();
  /** The streams whose last events were read. */
  const reads: string[] = [];
  const before = (call: StoreCall) => {
    if (call.verb === 'readLast') reads.push(...call.streams);
  };
  const store = storeOver(memoryLog(world), { before });
  /** What has been done for callers: results sealed, and tenants that admitted a report. */
  const did: string[] = [];
  const sealResult = async (_owner: unknown, clear: string) => {
    did.push(`sealed ${clear}`);
    return undefined;
  };
  const commands = commandsOver(store, world, { secrets: { ...edges.secrets, sealResult } });
  const tokens = new Map<number, string>();
  const runTask: RunTask = async ({ claim, completionToken = '', signal }) => {
    tokens.set(claim.executionId, completionToken);
    const nowMs = world.clock.now();
    if (!responses) await new Promise((resolve) => signal.addEventListener('abort', resolve));
    return { kind: 'accepted', startedAtMs: nowMs, finishedAtMs: nowMs };
  };
  const { engine } = engineOver({ store, world, membership: engineTable(world).membership, runTask });
  await engine.start();
  const { jobId } = await addJob(commands, { pattern: '0 0 1 1 *', completion: 'callback', ...fields });
  const trigger = async () => {
    const { executionId } = (await commands.triggerJob(asAnn, jobId)).value.execution;
    await world.advance(100);
    return executionId;
  };
  const holder = (executionId: number, token = tokens.get(executionId) ?? '') => ({
    jobId,
    executionId,
    token,
    correlationId: 'call',
    admit: (tenant: string) => {
      did.push(`admitted by ${tenant}`);
    },
  });
  const said = async () => {
    const events: string[] = [];
    for await (const { type, data } of store.readStream(`runs-${jobId}`)) {
      const error =
        typeof data === 'object' && 'error' in data && data.error !== undefined ? ` ${data.error.code}` : '';
      events.push(`${type}${error}`);
    }
    return events.slice(1);
  };
  return { world, store, commands, engine, trigger, holder, said, did, reads, stop: () => engine.stop(0) };
};

describe('an execution whose target calls back', () => {
  it('stays open after the 202, without an engine, until its target states how it ended', async () => {
    const { commands, engine, trigger, holder, said, stop } = await start();
    const executionId = await trigger();
    expect(engine.status()).to.include({ running: 0, waiting: 0 });
    expect(await said()).to.deep.equal(['ExecutionRequested', 'ExecutionStarted', 'CallAccepted']);
    await commands.completeExecution(holder(executionId), { status: 'succeeded', result: { rows: 3 } });
    expect((await said()).at(-1)).to.equal('ExecutionSucceeded');
    await stop();
  });
  it('is ended by one read of each stream', async () => {
    const { commands, trigger, holder, reads, stop } = await start();
    const executionId = await trigger();
    await stop();
    reads.length = 0;
    await commands.completeExecution(holder(executionId), { status: 'succeeded' });
    expect(reads).to.deep.equal([...new Set(reads)]);
  });
  it('fails with what its target states', async () => {
    const { commands, trigger, holder, said, stop } = await start();
    const executionId = await trigger();
    await commands.completeExecution(holder(executionId), { status: 'failed', error: 'disk full' });
    expect((await said()).at(-1)).to.equal('ExecutionFailed REPORTED_FAILED');
    await stop();
  });
  it('leaves the slots alone that a definition has which is not in force yet', async () => {
    const { world, store, commands, trigger, holder, said, stop } = await start({
      pattern: '* * * * *',
      enabled: false,
    });
    const executionId = await trigger();
    await stop();
    await world.advance(180_000);
    const stream = `job-${holder(executionId).jobId}`;
    const [created] = await store.readLast([stream]);
    if (created === undefined || !('type' in created) || created.type !== 'JobCreated') throw new Error('no job');
    const { data, metadata, revision } = created;
    const enabled = {
      type: 'JobEnabled' as const,
      data: { ...data, enabled: true },
      id: world.random.uuid(),
      metadata,
    };
    await store.append({ stream, expectedRevision: revision, events: [enabled] });
    await commands.completeExecution(holder(executionId), { status: 'succeeded' });
    expect((await said()).slice(-2)).to.deep.equal(['CallAccepted', 'ExecutionSucceeded']);
  });
  it('costs no slot that is not due yet by its jitter', async () => {
    const { world, commands, trigger, holder, said, stop } = await start({ pattern: '* * * * *', jitter: '50s' });
    const executionId = await trigger();
    // The slot has passed, and is due within the 50 s after it.
    await world.advance(60_000 - (world.clock.now() % 60_000) + 1);
    await commands.completeExecution(holder(executionId), { status: 'succeeded' });
    expect((await said()).at(-1)).to.equal('ExecutionSucceeded');
    await world.advance(50_000);
    const events = await said();
    expect(events.slice(-2)).to.deep.equal(['ExecutionStarted', 'CallAccepted']);
    expect(events).not.to.include('OccurrencesSkipped');
    await stop();
  });
  it('began when it was claimed, if its target reports before the 202 is recorded', async () => {
    const { world, store, commands, trigger, holder, stop } = await start({ overlap: 'queue' }, { answers: false });
    const first = await trigger();
    const waiting = (await commands.triggerJob(asAnn, holder(0).jobId)).value.execution.executionId;
    await world.advance(40_000);
    await commands.completeExecution(holder(first), { status: 'succeeded' });
    await world.advance(1_000);
    const claimedMs = world.clock.now();
    await world.advance(2_000);
    await commands.completeExecution(holder(waiting), { status: 'succeeded' });
    const [ended] = await store.readLast([`runs-${holder(0).jobId}`]);
    const { startedAt } = Object(ended).data;
    expect(Date.parse(startedAt)).to.be.within(claimedMs - 1_500, claimedMs);
    await stop();
  });
  it('began when its last attempt was claimed, if its target reports each before the 202 is recorded', async () => {
    const retry = { maxAttempts: 2, backoff: { initial: '30s', jitter: 'none' }, retryOn: ['reported'] };
    const { world, store, commands, trigger, holder, stop } = await start({ retry }, { answers: false });
    const times: number[] = [];
    const executionId = await trigger();
    for (const status of ['failed', 'succeeded']) {
      times.push(world.clock.now());
      await world.advance(2_000);
      await commands.completeExecution(holder(executionId), { status });
      await world.advance(30_100);
    }
    const started: number[] = [];
    for await (const { type, data } of store.readStream(`runs-${holder(0).jobId}`)) {
      if (type !== 'ExecutionAttemptFailed' && type !== 'ExecutionSucceeded') continue;
      expect(data, 'the call is not recorded, and so not what was sent').not.to.have.property('jobSnapshot');
      started.push(Date.parse(data.startedAt ?? ''));
    }
    expect(started).to.have.length(2);
    for (const [index, startedMs] of started.entries()) {
      const calledMs = times[index] ?? 0;
      expect(startedMs, `attempt ${index + 1}`).to.be.within(calledMs - 300, calledMs);
    }
    await stop();
  });
  it('accepts its token once, and no other', async () => {
    const { commands, trigger, holder, stop } = await start();
    const first = await trigger();
    const done = { status: 'succeeded' };
    await commands.completeExecution(holder(first), done);
    expect(await codeOf(commands.completeExecution(holder(first), done))).to.equal('COMPLETION_TOKEN_REJECTED');
    const second = await trigger();
    for (const token of [holder(first).token, '', 'x']) {
      expect(await codeOf(commands.completeExecution(holder(second, token), done))).to.equal(
        'COMPLETION_TOKEN_REJECTED',
      );
    }
    await stop();
  });
  it('rejects the token of an attempt that has failed and will be retried', async () => {
    const retry = { maxAttempts: 2, backoff: { initial: '5s', jitter: 'none' }, retryOn: ['timeout'] };
    const { world, commands, trigger, holder, said, stop } = await start({ deadline: '30s', retry });
    const executionId = await trigger();
    const first = holder(executionId);
    await world.advance(30_000);
    expect((await said()).at(-1)).to.equal('ExecutionAttemptFailed DEADLINE_EXCEEDED');
    const done = { status: 'succeeded' };
    expect(await codeOf(commands.completeExecution(first, done))).to.equal('COMPLETION_TOKEN_REJECTED');
    await world.advance(5_100);
    await commands.completeExecution(holder(executionId), done);
    expect((await said()).at(-1)).to.equal('ExecutionSucceeded');
    await stop();
  });
  describe('that is retried on what its target reports', () => {
    const retry = { maxAttempts: 3, backoff: { initial: '5s', factor: 1, jitter: 'none' }, retryOn: ['reported'] };

    it('is called again after the backoff, or after the delay of the report', async () => {
      const { world, commands, trigger, holder, said, stop } = await start({ retry });
      const executionId = await trigger();
      await commands.completeExecution(holder(executionId), { status: 'failed', error: 'disk full' });
      expect((await said()).at(-1)).to.equal('ExecutionAttemptFailed REPORTED_FAILED');
      await world.advance(4_900);
      expect((await said()).at(-1)).to.equal('ExecutionAttemptFailed REPORTED_FAILED');
      await world.advance(200);
      expect((await said()).at(-1)).to.equal('CallAccepted');
      await commands.completeExecution(holder(executionId), { status: 'failed', retry: '5m' });
      await world.advance(299_900);
      expect((await said()).at(-1)).to.equal('ExecutionAttemptFailed REPORTED_FAILED');
      await world.advance(200);
      expect((await said()).at(-1)).to.equal('CallAccepted');
      await commands.completeExecution(holder(executionId), { status: 'failed', retry: '1s' });
      expect((await said()).at(-1)).to.equal('ExecutionFailed REPORTED_FAILED');
      await stop();
    });
    it('has failed if the report requests no retry, or the job does not retry reports', async () => {
      for (const [fields, report] of [
        [{ retry }, { retry: false }],
        [{ retry: { ...retry, retryOn: ['connect', 'timeout', 'unknown', '5xx', 'lost'] } }, { retry: '1s' }],
        [{ retry: { maxAttempts: 3 } }, {}],
      ]) {
        const { commands, trigger, holder, said, stop } = await start(fields);
        const executionId = await trigger();
        await commands.completeExecution(holder(executionId), { status: 'failed', ...report });
        expect((await said()).at(-1)).to.equal('ExecutionFailed REPORTED_FAILED');
        await stop();
      }
    });
    it('is called again after a lost heartbeat and after its deadline only if it retries what is lost', async () => {
      for (const [retryOn, after] of [
        [['lost'], 'ExecutionAttemptFailed'],
        [['reported', 'unknown'], 'ExecutionFailed'],
      ] as const) {
        const fields = { deadline: '30s', heartbeatTimeout: '10s', retry: { ...retry, retryOn } };
        const { world, commands, trigger, holder, said, stop } = await start(fields);
        await trigger();
        await world.advance(12_600);
        expect((await said()).at(-1)).to.equal(`${after} HEARTBEAT_LOST`);
        const { jobId } = holder(0);
        await commands.updateJob(asAnn, jobId, { heartbeatTimeout: null }, {});
        await world.advance(5_100);
        if (after === 'ExecutionFailed') await trigger();
        await world.advance(30_100);
        expect((await said()).at(-1)).to.equal(`${after} DEADLINE_EXCEEDED`);
        await stop();
      }
    });
  });
  it('fails at its deadline, even after heartbeats', async () => {
    const { world, commands, trigger, holder, said, stop } = await start({ deadline: '30s' });
    const executionId = await trigger();
    await world.advance(20_000);
    await commands.heartbeatExecution(holder(executionId), { progress: { percent: 60 } });
    await world.advance(9_800);
    expect((await said()).at(-1)).to.equal('HeartbeatReceived');
    await world.advance(300);
    expect((await said()).at(-1)).to.equal('ExecutionFailed DEADLINE_EXCEEDED');
    await stop();
  });
  it('fails if it fell silent', async () => {
    const { world, commands, trigger, holder, said, stop } = await start({ deadline: '1h', heartbeatTimeout: '10s' });
    const executionId = await trigger();
    for (let beats = 0; beats < 3; beats++) {
      await world.advance(9_000);
      await commands.heartbeatExecution(holder(executionId), undefined);
    }
    expect((await said()).at(-1)).to.equal('HeartbeatReceived');
    await world.advance(12_400);
    expect((await said()).at(-1)).to.equal('HeartbeatReceived');
    await world.advance(200);
    expect((await said()).at(-1)).to.equal('ExecutionFailed HEARTBEAT_LOST');
    expect(await codeOf(commands.heartbeatExecution(holder(executionId), undefined))).to.equal(
      'COMPLETION_TOKEN_REJECTED',
    );
    await stop();
  });
  it('keeps one heartbeat in five seconds, and none is too few to stay alive', async () => {
    for (const [fields, kept] of [
      [{}, 3],
      [{ heartbeatTimeout: '4s' }, 12],
    ] as const) {
      const { world, commands, trigger, holder, said, stop } = await start({ deadline: '1h', ...fields });
      const executionId = await trigger();
      for (let beats = 0; beats < 120; beats++) {
        await commands.heartbeatExecution(holder(executionId), { progress: { beats } });
        await world.advance(100);
      }
      expect((await said()).filter((event) => event === 'HeartbeatReceived')).to.have.length(kept);
      await world.advance(3_900);
      expect((await said()).at(-1)).to.equal('HeartbeatReceived');
      await commands.completeExecution(holder(executionId), { status: 'succeeded' });
      await stop();
    }
  });
  it('has nothing done for a caller whose token is not good, and its tenant requested one whose is', async () => {
    const { commands, trigger, holder, said, did, stop } = await start({ confidential: true });
    const executionId = await trigger();
    const report = { status: 'succeeded', result: { rows: 3 } };
    for (const token of ['', 'x'.repeat(43)]) {
      const rejected = codeOf(commands.completeExecution(holder(executionId, token), report));
      expect(await rejected).to.equal('COMPLETION_TOKEN_REJECTED');
      expect(await codeOf(commands.heartbeatExecution(holder(executionId, token), {}))).to.equal(await rejected);
    }
    expect(did).to.deep.equal([]);
    const full = () => {
      throw new DomainError('TOO_MANY_BYTES', 'not now');
    };
    const rejected = commands.completeExecution({ ...holder(executionId), admit: full }, report);
    expect(await codeOf(rejected)).to.equal('TOO_MANY_BYTES');
    expect((await said()).at(-1)).to.equal('CallAccepted');
    await commands.completeExecution(holder(executionId), report);
    expect(did).to.deep.equal(['admitted by acme', 'sealed {"rows":3}']);
    expect((await said()).at(-1)).to.equal('ExecutionSucceeded');
    await stop();
  });
  it('is cancelled immediately', async () => {
    const { commands, trigger, holder, said, stop } = await start();
    const executionId = await trigger();
    const { jobId } = holder(executionId);
    expect((await commands.cancelExecution(asAnn, { jobId, executionId })).value.ended).to.equal(true);
    expect((await said()).at(-1)).to.equal('ExecutionCancelled CANCELLED');
    await stop();
  });
  it('rejects what makes no sense, by its field', async () => {
    const { commands, trigger, holder, stop } = await start();
    const executionId = await trigger();
    for (const input of [
      {},
      { status: 'done' },
      { status: 'succeeded', error: 'x' },
      { status: 'succeeded', retry: false },
      { status: 'failed', rows: 1 },
      { status: 'failed', retry: true },
      { status: 'failed', retry: 'soon' },
      { status: 'failed', retry: '31d' },
    ]) {
      expect(await codeOf(commands.completeExecution(holder(executionId), input))).to.equal('BAD_INPUT');
    }
    await stop();
  });
});
