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
  const { engine } = engineOver({ store: storeOver(log), world, membership: engineTable(world).membership, runTask });
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
  return { world, engine, create, setLimit, calls, mostOpen: () => mostOpen, runs };
};

const seconds = (calls: readonly Call[]): number[] => calls.map(({ atMs }) => Math.round(atMs / 1_000));

describe('a limit on calls at the same time', () => {
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
  it('goes by what it states now', async () => {
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
});
