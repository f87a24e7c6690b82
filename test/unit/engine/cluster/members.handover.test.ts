import { expect } from 'chai';
import type { EngineDeps } from '../../../../src/engine/context.ts';
import type { RunTask } from '../../../../src/engine/run/send-task.ts';
import { LogUnavailable } from '../../../../src/event-store/errors.ts';
import { asAnn, engineOver, inMemory, jobInput, storeOver } from '../../../support/engines.ts';
import type { MemoryLog } from '../../../support/memory-log.ts';
import { okResult } from '../../../support/run-events.ts';

const JOBS = 12;
const SECOND_MS = 1_000;

/** Jobs of each second, and engines that share them. */
const setting = async () => {
  const { world, log, table, commands } = inMemory();
  const calls: { readonly jobId: number; readonly engineId: string }[] = [];
  let slowMs = 0;
  const runTask: RunTask = async ({ claim, mayStillCall, signal }) => {
    const startedAtMs = world.clock.now();
    if (!mayStillCall('https://example.com')) {
      return { kind: 'failed', finishedAtMs: startedAtMs, error: { code: 'LEASE_LOST', message: '' } };
    }
    calls.push(claim);
    const lastsMs = slowMs;
    slowMs = 0;
    if (lastsMs > 0) await world.timers.sleep(lastsMs, signal);
    return { kind: 'succeeded', startedAtMs, finishedAtMs: world.clock.now(), result: okResult };
  };
  const engine = (other: Partial<Omit<EngineDeps, 'world'>> = {}) =>
    engineOver({ store: storeOver(log), world, membership: table.membership, runTask, ...other }).engine;
  const { value: application } = await commands.createApplication(asAnn, { name: 'crm' });
  for (let index = 0; index < JOBS; index++) {
    const input = jobInput(application.applicationId, { name: `job ${index}`, pattern: '* * * * * *' });
    await commands.createJob(asAnn, input);
  }
  return {
    world,
    log,
    membership: table.membership,
    engine,
    /** Calls of the next seconds. */
    callsOf: async (seconds: number) => {
      const before = calls.length;
      await world.advance(seconds * SECOND_MS);
      return calls.slice(before);
    },
    /** The next call takes so long. */
    slow: (ms: number) => {
      slowMs = ms;
    },
  };
};

const typesIn = (log: MemoryLog, type: string) =>
  Array.from({ length: JOBS }, (_, index) => log.streamEvents(`runs-${index + 1}`))
    .flat()
    .filter((event) => event.type === type)
    .map(({ data }) => JSON.parse(data));

describe('an engine beside another one', () => {
  it('owns nothing while it loads, and takes its share when it works', async () => {
    const { world, engine, callsOf } = await setting();
    const older = engine();
    await older.start();
    const loading = Promise.withResolvers<{ position: undefined }>();
    const younger = engine({ loadSchedule: () => loading.promise });
    const started = younger.start();
    await world.advance(2 * SECOND_MS);
    expect(await callsOf(5)).to.have.length(5 * JOBS);
    loading.resolve({ position: undefined });
    await started;
    await world.advance(2 * SECOND_MS);
    const calls = await callsOf(5);
    expect(calls).to.have.length(5 * JOBS);
    expect(new Set(calls.map(({ engineId }) => engineId)).size).to.equal(2);
  });

  it('hands its jobs over when it stops, and keeps the call that is in progress', async () => {
    const { world, log, engine, callsOf, slow } = await setting();
    const [staying, leaving] = [engine(), engine()];
    await staying.start();
    await leaving.start();
    await callsOf(3);
    slow(15_000);
    await world.advance(SECOND_MS);
    const stopped = leaving.stop(25_000);
    // The job whose call is under way skips its slots.
    expect(await callsOf(10)).to.have.length(10 * (JOBS - 1));
    await world.advance(6 * SECOND_MS);
    await stopped;
    expect(await callsOf(3)).to.have.length(3 * JOBS);
    expect(typesIn(log, 'OccurrencesMissed')).to.deep.equal([]);
    expect(typesIn(log, 'OccurrencesSkipped').map(({ reason }) => reason)).to.deep.equal(['OVERLAP']);
  });

  it('owns nothing once it has failed', async () => {
    const { log, engine, callsOf } = await setting();
    let broken = false;
    const store = storeOver(log);
    const failing = engine({
      store: {
        ...store,
        subscribe: async function* (options) {
          for await (const item of store.subscribe(options)) {
            if (broken) throw new Error('an event for newer readers');
            yield item;
          }
        },
      },
    });
    await engine().start();
    await failing.start();
    await callsOf(2);
    broken = true;
    await callsOf(2);
    expect(failing.status().state).to.equal('failed');
    expect(await callsOf(5)).to.have.length(5 * JOBS);
  });

  it('owns nothing while its log is silent, reports that, and takes its share again later', async () => {
    const { log, engine, callsOf } = await setting();
    let cut = false;
    const lost = { before: () => (cut ? Promise.reject(new LogUnavailable()) : undefined) };
    const cutOff = engine({ store: { ...storeOver(log, lost), subscribe: storeOver(log).subscribe } });
    await engine().start();
    await cutOff.start();
    await callsOf(3);
    cut = true;
    await callsOf(15);
    expect(cutOff.status()).to.deep.include({ state: 'stalled', why: 'the log does not respond to appends' });
    expect(await callsOf(10)).to.have.length(10 * JOBS);
    cut = false;
    await callsOf(5);
    expect(cutOff.status().state).to.equal('claiming');
    const calls = await callsOf(5);
    expect(calls).to.have.length(5 * JOBS);
    expect(new Set(calls.map(({ engineId }) => engineId)).size).to.equal(2);
  });

  it('calls its other jobs while one append hangs, and can still stop', async () => {
    const { world, log, engine, callsOf } = await setting();
    let isSilent = false;
    const silent = storeOver(log, {
      before: (call) => {
        if (isSilent && call.verb === 'append' && call.append.stream === 'runs-1') return new Promise(() => {});
      },
    });
    const only = engine({ store: silent });
    await only.start();
    await callsOf(3);
    isSilent = true;
    await callsOf(5);
    expect(await callsOf(10)).to.have.length(10 * (JOBS - 1));
    let hasStopped = false;
    void only.stop(25_000).then(() => {
      hasStopped = true;
    });
    await world.advance(30 * SECOND_MS);
    expect(hasStopped).to.equal(true);
  });

  it('reports of slots whose engine had died that none was there', async () => {
    const { log, membership, engine, callsOf } = await setting();
    let dead = false;
    const unlessDead = () => (dead ? new Promise<never>(() => {}) : undefined);
    const dying = engine({
      store: storeOver(log, { before: unlessDead }),
      membership: { ...membership, beat: async (self) => (await unlessDead()) ?? membership.beat(self) },
    });
    await engine().start();
    await dying.start();
    await callsOf(3);
    dead = true;
    await callsOf(15);
    const reasons = typesIn(log, 'OccurrencesMissed').map(({ reason }) => reason);
    expect(reasons.length).to.be.above(0);
    expect(new Set(reasons)).to.deep.equal(new Set(['ENGINE_DOWN']));
  });
});
