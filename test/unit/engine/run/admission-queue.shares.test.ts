import { expect } from 'chai';
import type { CommandContext } from '../../../../src/commands/command.ts';
import type { RunTask } from '../../../../src/engine/run/send-task.ts';
import { asAnn, engineOver, engineTable, inMemory, jobInput, storeOver } from '../../../support/engines.ts';
import { okResult } from '../../../support/run-events.ts';

const HANGS_MS = 30_000;
const asBob: CommandContext = { ...asAnn, tenant: 'busy' };

type Crowd = { readonly jobs: number; readonly targets: number; readonly context: CommandContext };

/** One healthy job each second beside many each minute whose calls hang, and ten places. */
const runBeside = async ({ jobs, targets, context }: Crowd) => {
  const { world, log, commands } = inMemory();
  const healthy: string[] = [];
  const runTask: RunTask = async ({ claim, definition, signal }) => {
    const startedAtMs = world.clock.now();
    if (definition.name === 'healthy') healthy.push(claim.scheduledAt);
    else await world.timers.sleep(HANGS_MS, signal);
    return { kind: 'succeeded', startedAtMs, finishedAtMs: world.clock.now(), result: okResult };
  };
  const { engine } = engineOver({
    store: storeOver(log),
    world,
    membership: engineTable(world).membership,
    runTask,
    concurrency: 10,
    targetConcurrency: 10,
  });
  await engine.start();
  const applicationOf = async (as: CommandContext) =>
    (await commands.createApplication(as, { name: 'crm' })).value.applicationId;
  const ann = await applicationOf(asAnn);
  const crowd = context === asAnn ? ann : await applicationOf(context);
  await commands.createJob(asAnn, jobInput(ann, { name: 'healthy', pattern: '* * * * * *' }));
  for (let index = 0; index < jobs; index++) {
    const url = `https://hangs-${index % targets}.example/x`;
    const taskConfig = { method: 'POST', url };
    await commands.createJob(context, jobInput(crowd, { name: `job ${index}`, pattern: '* * * * *', taskConfig }));
  }
  await world.advance(70_000);
  healthy.length = 0;
  await world.advance(60_000);
  const { waitingForPlace } = engine.status();
  const reasons = new Map<string, number>();
  const note = (reason: string, slots: number) => reasons.set(reason, (reasons.get(reason) ?? 0) + slots);
  for (let jobId = 1; jobId <= jobs + 11; jobId++) {
    for await (const { data } of storeOver(log).readStream(`runs-${jobId}`)) {
      if ('reason' in data && data.reason !== undefined) note(data.reason, 'count' in data ? (data.count ?? 0) : 0);
      if ('late' in data && data.late !== undefined) note(data.late, 1);
    }
  }
  const stopped = engine.stop(0);
  await world.advance(1);
  await stopped;
  return { fired: healthy.length, waitingForPlace, reasons };
};

describe('a healthy job', () => {
  it('fires 60 of 60 slots beside a target of its tenant that hangs', async () => {
    const { fired, waitingForPlace, reasons } = await runBeside({ jobs: 60, targets: 1, context: asAnn });
    expect(fired).to.equal(60);
    expect(waitingForPlace).to.be.above(30);
    // A slot that waited for a place says so.
    expect(reasons.get('ENGINE_BUSY')).to.be.above(50);
  });
  it('fires 60 of 60 slots beside four targets of its tenant that hang', async () => {
    const { fired } = await runBeside({ jobs: 60, targets: 4, context: asAnn });
    expect(fired).to.equal(60);
  });
  it('fires 60 of 60 slots beside another tenant whose many targets hang', async () => {
    const { fired } = await runBeside({ jobs: 60, targets: 60, context: asBob });
    expect(fired).to.equal(60);
  });
});
