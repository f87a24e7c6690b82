import { expect } from 'chai';
import type { RunTask } from '../../../src/engine/run/begin-call.ts';
import type { Claim } from '../../../src/engine/run/claim.ts';
import { asAnn, commandsOver, engineOver, engineTable, jobInput, memoryLog, storeOver } from '../../support/engines.ts';
import { manualWorld } from '../../support/world.ts';

const EACH_HOUR = '0 0 * * * *';
const TO_FIRST_SLOT_MS = 3_600_000;
const CALL_MS = 3_000;

type Call = { readonly claim: Claim; readonly atMs: number };

/** Engines over one log, an application with a limit, and a target that takes its time. */
const start = async (limit: object) => {
  const world = manualWorld();
  const log = memoryLog(world);
  const table = engineTable(world);
  const calls: Call[] = [];
  const open = new Set<number>();
  let mostOpen = 0;
  const runTask: RunTask = async ({ claim, mayStillCall }) => {
    if (!mayStillCall('https://example.com')) return 'withheld';
    calls.push({ claim, atMs: world.clock.monotonic() - TO_FIRST_SLOT_MS });
    open.add(claim.executionId);
    mostOpen = Math.max(mostOpen, open.size);
    const startedAtMs = world.clock.now();
    await world.timers.sleep(CALL_MS);
    open.delete(claim.executionId);
    const result = { taskType: 'HttpInvokerTask' as const, status: 200, headers: {}, data: null, truncated: false };
    return { kind: 'succeeded', startedAtMs, finishedAtMs: world.clock.now(), result };
  };
  const engineWith = () => engineOver({ store: storeOver(log), world, membership: table.membership, runTask }).engine;
  const engine = engineWith();
  await engine.start();
  const commands = commandsOver(storeOver(log), world);
  const { applicationId } = (await commands.createApplication(asAnn, { name: 'crm' })).value;
  await commands.setLimit(asAnn, applicationId, 'crm-api', limit);
  const create = async (name: string, other: object = {}): Promise<number> => {
    const input = jobInput(applicationId, { name, pattern: EACH_HOUR, limit: 'crm-api', ...other });
    return (await commands.createJob(asAnn, input)).value.job.jobId;
  };
  const setLimit = (to: object) => commands.setLimit(asAnn, applicationId, 'crm-api', to);
  const runs = (jobId: number) => log.streamEvents(`runs-${jobId}`);
  return { world, engine, engineWith, commands, create, setLimit, calls, mostOpen: () => mostOpen, runs };
};

const seconds = (calls: readonly Call[]): number[] => calls.map(({ atMs }) => Math.round(atMs / 1_000));

describe('a limit on calls at once', () => {
  it('has the jobs that name it called one after another, in order of due time, and none dropped', async () => {
    const { world, engine, create, calls, mostOpen, runs } = await start({ parallel: 1 });
    const ids: number[] = [];
    // Each is due a second before the one that was made before it.
    for (const second of [5, 4, 3, 2, 1])
      ids.unshift(await create(`job ${second}`, { pattern: `${second} 0 1 * * *` }));
    await world.advance(TO_FIRST_SLOT_MS + 60_000);
    expect(calls.map(({ claim }) => claim.jobId)).to.deep.equal(ids);
    expect(seconds(calls)).to.deep.equal([1, 4, 7, 10, 13]);
    expect(mostOpen()).to.equal(1);
    const [, second] = ids;
    expect(runs(second ?? 0).map(({ type }) => type)).to.deep.equal([
      'DefinitionActivated',
      'ExecutionRequested',
      'ExecutionStarted',
      'ExecutionSucceeded',
    ]);
    expect(calls.map(({ claim }) => claim.late)).to.deep.equal([undefined, 'LIMIT', 'LIMIT', 'LIMIT', 'LIMIT']);
    await engine.stop(0);
  });
  it('leaves jobs that do not name it alone', async () => {
    const { world, engine, create, calls } = await start({ parallel: 1 });
    await create('limited');
    await create('limited too');
    const free = await create('free', { limit: undefined });
    await world.advance(TO_FIRST_SLOT_MS + 1_000);
    expect(calls.map(({ claim }) => claim.jobId))
      .to.include(free)
      .and.to.have.length(2);
    await world.advance(10_000);
    await engine.stop(0);
  });
  it('keeps manual runs waiting for their turn', async () => {
    const { world, engine, commands, create, calls, mostOpen } = await start({ parallel: 1 });
    const ids = [await create('first'), await create('second')];
    for (const jobId of ids) await commands.triggerJob(asAnn, jobId);
    await world.advance(10_000);
    expect(calls.map(({ claim }) => claim.jobId)).to.deep.equal(ids);
    expect(mostOpen()).to.equal(1);
    await engine.stop(0);
  });
  it('goes by what it says now', async () => {
    const { world, engine, create, setLimit, calls } = await start({ parallel: 1 });
    for (const name of ['a', 'b', 'c', 'd']) await create(name);
    await world.advance(TO_FIRST_SLOT_MS + 1_000);
    expect(calls).to.have.length(1);
    await setLimit({ parallel: 3 });
    await world.advance(100);
    expect(calls).to.have.length(3);
    await world.advance(10_000);
    await engine.stop(0);
  });
  it('holds for the next engine too, which counts what is open first', async () => {
    const { world, engine, engineWith, create, calls, mostOpen } = await start({ parallel: 1 });
    const others = [engineWith(), engineWith(), engineWith()];
    for (const name of ['a', 'b', 'c', 'd', 'e']) await create(name);
    await world.advance(TO_FIRST_SLOT_MS + 1_000);
    // Its call goes on while the others take its jobs.
    const starting = others.map((other) => other.start());
    await world.advance(4_000);
    const stopped = engine.stop(60_000);
    await world.advance(60_000);
    await Promise.all([...starting, stopped]);
    expect(calls).to.have.length(5);
    expect(new Set(calls.map(({ claim }) => claim.engineId)).size).to.be.greaterThan(1);
    expect(mostOpen()).to.equal(1);
    for (const other of others) await other.stop(0);
  });
});

describe('a limit on calls begun in a time', () => {
  it('lets no more begin in any span of it, and drops none', async () => {
    const { world, engine, create, calls } = await start({ rate: { count: 2, per: '1s' } });
    for (const name of ['a', 'b', 'c', 'd', 'e']) await create(name);
    await world.advance(TO_FIRST_SLOT_MS + 10_000);
    expect(seconds(calls)).to.deep.equal([0, 0, 1, 1, 2]);
    await engine.stop(0);
  });
  it('counts what began before the engine started, though that has ended', async () => {
    const { world, engine, engineWith, create, calls } = await start({ rate: { count: 1, per: '1m' } });
    for (const name of ['a', 'b']) await create(name);
    await world.advance(TO_FIRST_SLOT_MS + 5_000);
    const stopped = engine.stop(0);
    await world.advance(2_000);
    await stopped;
    const other = engineWith();
    const started = other.start();
    await world.advance(10_000);
    await started;
    expect(calls).to.have.length(1);
    await world.advance(60_000);
    expect(seconds(calls)).to.deep.equal([0, 60]);
    await other.stop(0);
  });
  it('goes with one on calls at once', async () => {
    const { world, engine, create, calls, mostOpen } = await start({ parallel: 2, rate: { count: 1, per: '2s' } });
    for (const name of ['a', 'b', 'c', 'd']) await create(name);
    await world.advance(TO_FIRST_SLOT_MS + 20_000);
    expect(seconds(calls)).to.deep.equal([0, 2, 4, 6]);
    expect(mostOpen()).to.equal(2);
    await engine.stop(0);
  });
});
