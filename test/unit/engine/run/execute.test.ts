import { expect } from 'chai';
import { isRunEvent } from '../../../../src/domain/events/index.ts';
import type { Membership } from '../../../../src/engine/ports.ts';
import type { RunTask, TaskRunner } from '../../../../src/engine/run/send-task.ts';
import { lastEventOf } from '../../../../src/event-store/read-log.ts';
import {
  asAnn,
  commandsOver,
  engineOver,
  engineTable,
  inMemory,
  jobInput,
  memoryLog,
  storeOver,
} from '../../../support/engines.ts';
import type { MemoryLog } from '../../../support/memory-log.ts';
import { okResult } from '../../../support/run-events.ts';
import { type ManualWorld, manualWorld } from '../../../support/world.ts';

const EACH_MINUTE = '0 * * * * *';
const A_SECOND_LATER = '1 * * * * *';

type Simulated = { readonly world: ManualWorld; readonly log: MemoryLog };

/** Ends the open execution of a job, as another engine does that takes the one that claimed it for dead. */
const endAsLost = async ({ world, log }: Simulated, jobId: number): Promise<void> => {
  const store = storeOver(log);
  const last = await lastEventOf(store, `runs-${jobId}`);
  if (last === undefined || !isRunEvent(last)) throw new Error('nothing runs');
  const [open] = last.data.tail.open;
  if (open === undefined) throw new Error('nothing is open');
  const { scheduledAt, createdAt, executionId } = open;
  const { tenant, applicationId, tail } = last.data;
  const error = { code: 'OUTCOME_UNKNOWN', message: 'lost' };
  const execution = { executionId, attempt: 1, trigger: open.trigger, scheduledAt, createdAt, finishedAt: createdAt };
  const data = { tenant, applicationId, jobId, ...execution, error, tail: { ...tail, open: [] } };
  await store.append({
    stream: last.stream,
    expectedRevision: last.revision,
    events: [{ type: 'ExecutionFailed', data, id: world.random.uuid(), metadata: last.metadata }],
  });
};

describe('an execution', () => {
  /**
   * An engine that makes one call at a time, each as long as it is told to. Once it is deaf it hears nothing new, and once
   * it is mute nobody hears it beat.
   */
  const start = async (startsAfterMs = 0) => {
    const world = manualWorld();
    await world.advance(startsAfterMs);
    const log = memoryLog(world);
    const never = new Promise<never>(() => {});
    let isDeaf = false;
    let isMute = false;
    const store = storeOver(log, {
      before: (call) => {
        if (isDeaf && call.verb === 'page') return never;
        return isMute && call.verb === 'keepLast' ? never : undefined;
      },
    });
    /** Whether each call might be sent, once it was prepared. */
    const requested: boolean[] = [];
    let preparesMs = 0;
    const made: { readonly jobId: number; readonly url: string | undefined; readonly signal: AbortSignal }[] = [];
    let takesMs = 0;
    const runTask: RunTask = async ({ claim: { jobId }, definition, signal, mayStillCall }) => {
      if (preparesMs > 0) await world.timers.sleep(preparesMs, signal);
      const may = mayStillCall('https://example.com');
      requested.push(may);
      if (!may) return 'withheld';
      made.push({ jobId, url: definition.taskConfig.url, signal });
      await world.timers.sleep(takesMs, signal);
      return { kind: 'succeeded', finishedAtMs: world.clock.now(), result: okResult };
    };
    const { membership: table } = engineTable(world);
    const membership: Membership = { ...table, beat: (...beat) => (isMute ? never : table.beat(...beat)) };
    const { engine } = engineOver({ store, world, membership, runTask, concurrency: 1 });
    await engine.start();
    const commands = commandsOver(storeOver(log), world);
    const { value } = await commands.createApplication(asAnn, { name: 'crm' });
    const createJob = async (name: string, pattern = EACH_MINUTE) =>
      (await commands.createJob(asAnn, jobInput(value.applicationId, { name, pattern }))).value.job.jobId;
    const become = {
      deaf: () => (isDeaf = true),
      mute: () => (isMute = true),
      slow: (ms: number) => (takesMs = ms),
      slowToPrepare: (ms: number) => (preparesMs = ms),
    };
    const stop = async (): Promise<void> => {
      const stopped = engine.stop(0);
      await world.advance(2_000);
      await stopped;
    };
    return { world, log, commands, createJob, made, asked: requested, become, stop };
  };

  /** Two slots at one moment, right after a call: one is claimed ahead of its place, and nothing new is heard. */
  const waiting = async () => {
    const started = await start();
    const { world, createJob, become, made } = started;
    await createJob('before');
    const jobIds = [await createJob('first', A_SECOND_LATER), await createJob('second', A_SECOND_LATER)];
    await world.advance(60_500);
    become.slow(3_000);
    await world.advance(400);
    become.deaf();
    await world.advance(600);
    const calledNow = made.splice(0).at(-1)?.jobId;
    const jobId = jobIds.find((id) => id !== calledNow) ?? 0;
    return { ...started, jobId };
  };

  it('is not called if a newer release has edited its job in a way that this one does not know', async () => {
    const { world, log, made, jobId, stop } = await waiting();
    const job = log.streamEvents(`job-${jobId}`).at(-1);
    const store = storeOver(log);
    const [last] = await store.readLast([`runs-${jobId}`]);
    if (job === undefined || last instanceof Error || last === undefined || !isRunEvent(last))
      throw new Error('no job');
    log.append({
      append: { stream: job.stream, expectedRevision: 0, events: [] },
      events: [{ ...job, id: world.random.uuid(), type: 'OfTomorrow' }],
    });
    const { tenant, applicationId, tail } = last.data;
    const from = tail.cursor;
    const data = { tenant, applicationId, jobId, jobRevision: 1, from, tail: { ...tail, jobRevision: 1 } };
    await store.append({
      stream: last.stream,
      expectedRevision: last.revision,
      events: [{ type: 'DefinitionActivated', data, id: world.random.uuid(), metadata: last.metadata }],
    });
    await world.advance(6_000);
    expect(made).to.deep.equal([]);
    const end = log.streamEvents(`runs-${jobId}`).at(-1);
    expect(end?.type).to.equal('ExecutionCancelled');
    expect(end?.data).to.match(/a newer version/);
    await stop();
  });
  it('is not called once another engine has ended it, even before the claiming engine receives that', async () => {
    const { world, log, made, jobId, stop } = await waiting();
    await endAsLost({ world, log }, jobId);
    await world.advance(6_000);
    expect(made).to.deep.equal([]);
    await stop();
  });
  it('checks the log before it is called if its claim is old, or was made under a lease that has lapsed', async () => {
    const { world, made, asked: requested, jobId, stop } = await waiting();
    requested.length = 0;
    await world.advance(3_000);
    expect([made[0]?.jobId, requested], 'an old claim').to.deep.equal([jobId, [true]]);
    await stop();

    const lapsing = await start(900);
    await lapsing.createJob('lapsing');
    await lapsing.world.advance(54_500);
    lapsing.become.mute();
    await lapsing.world.advance(4_700);
    expect(lapsing.asked, 'the lease lapsed between the claim and the call').to.deep.equal([true]);
    await lapsing.stop();
  });
  it('is withheld, and checked again, if preparing its call took long', async () => {
    const { world, createJob, made, asked: requested, become, stop } = await start();
    await createJob('first');
    become.slowToPrepare(500);
    await world.advance(61_500);
    expect([requested, made.length]).to.deep.equal([[false, true], 1]);
    const told = world.lines.filter(({ message }) => message === 'scheduler: job execution started');
    expect(told, 'once for one attempt').to.have.lengthOf(1);
    await stop();
  });
  it('states that it started once its call is handed over, and before it states how it ended', async () => {
    const { world, createJob, stop } = await start();
    await createJob('first');
    await world.advance(61_000);
    const told = world.lines.map(({ message }) => message).filter((message) => message.includes('job execution'));
    expect(told).to.deep.equal(['scheduler: job execution started', 'scheduler: job execution succeeded']);
    await stop();
  });
  it('is withheld, and checked again, if the lease lapsed while its call was prepared', async () => {
    const { world, createJob, made, asked: requested, become, stop } = await start(100);
    await createJob('first');
    become.slowToPrepare(150);
    await world.advance(55_300);
    become.mute();
    await world.advance(5_500);
    expect([requested, made.length]).to.deep.equal([[false, true], 1]);
    await stop();
  });
});

describe('a call that is prepared before it is due', () => {
  /** An engine that keeps the calls which are made ready, and when each of them was let go. */
  const start = async () => {
    const { world, store, commands } = inMemory();
    const ready: { readonly url: string | undefined; readonly atMs: number; sentAtMs?: number }[] = [];
    const tasks: TaskRunner = {
      run: async () => {
        throw new Error('all calls are prepared');
      },
      prepare: (plain) => {
        const call: (typeof ready)[number] = { url: plain.definition.taskConfig.url, atMs: world.clock.now() };
        ready.push(call);
        const send = () => {
          if (!plain.mayStillCall('https://example.com')) return plain.ended('withheld');
          call.sentAtMs = world.clock.now();
          const times = { startedAtMs: call.sentAtMs, finishedAtMs: call.sentAtMs };
          plain.ended({ kind: 'succeeded', ...times, result: okResult });
        };
        return { send, abort: () => {} };
      },
    };
    const { engine } = engineOver({ store, world, membership: engineTable(world).membership, tasks });
    await engine.start();
    const { value } = await commands.createApplication(asAnn, { name: 'crm' });
    const input = jobInput(value.applicationId, { name: 'first', pattern: EACH_MINUTE });
    const { jobId } = (await commands.createJob(asAnn, input)).value.job;
    const minuteMs = (Math.floor(world.clock.now() / 60_000) + 1) * 60_000;
    await world.advance(minuteMs - 100 - world.clock.now());
    const stop = async (): Promise<void> => {
      const stopped = engine.stop(0);
      await world.advance(2_000);
      await stopped;
    };
    return { world, commands, jobId, ready, minuteMs, stop };
  };

  it('goes when it is due', async () => {
    const { world, ready, minuteMs, stop } = await start();
    expect(ready).to.have.lengthOf(1);
    expect(ready[0]?.sentAtMs).to.equal(undefined);
    await world.advance(100);
    expect(ready).to.deep.equal([{ url: 'https://example.com/sync', atMs: minuteMs - 200, sentAtMs: minuteMs }]);
    await stop();
  });
  it('is abandoned, and made again, if its job was edited in the meantime', async () => {
    const { world, commands, jobId, ready, minuteMs, stop } = await start();
    const url = 'https://example.com/edited';
    void commands.updateJob(asAnn, jobId, { taskConfig: { method: 'POST', url } }, {});
    await world.advance(100);
    expect(ready.filter(({ sentAtMs }) => sentAtMs !== undefined)).to.deep.equal([
      { url, atMs: minuteMs, sentAtMs: minuteMs },
    ]);
    await stop();
  });
  it('is abandoned if its job was disabled in the meantime', async () => {
    const { world, commands, jobId, ready, stop } = await start();
    void commands.disableJob(asAnn, jobId, {});
    await world.advance(1_000);
    expect(ready.map(({ sentAtMs }) => sentAtMs)).to.deep.equal([undefined]);
    await stop();
  });
});
