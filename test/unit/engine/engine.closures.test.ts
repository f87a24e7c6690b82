import { expect } from 'chai';
import type { RunTask } from '../../../src/engine/run/send-task.ts';
import { addJob, asAnn, engineOver, engineTable, inMemory } from '../../support/engines.ts';
import { okResult } from '../../support/run-events.ts';

const MINUTE_MS = 60_000;

/** What else calendars and pauses keep from being called, the simulation sees. */
describe('an engine with a pause of a target', () => {
  it('does not call it if only the parameters of a call, once they are filled in, show that it is that target', async () => {
    const { world, log, store, commands } = inMemory();
    const calls: string[] = [];
    let origin = 'https://2026.example.com';
    const runTask: RunTask = async ({ mayStillCall }) => {
      if (!mayStillCall(origin)) return 'withheld';
      calls.push(origin);
      return { kind: 'succeeded', startedAtMs: world.clock.now(), finishedAtMs: world.clock.now(), result: okResult };
    };
    const { engine } = engineOver({ store, world, membership: engineTable(world).membership, runTask });
    await engine.start();
    const taskConfig = { method: 'POST' as const, url: 'https://${T:YYYY}.example.com/' };
    const { jobId } = await addJob(commands, { pattern: '0 * * * * *', taskConfig });
    await commands.setPause(asAnn, { scope: 'target', of: origin }, 'installation');
    await world.advance(MINUTE_MS);
    origin = 'https://2027.example.com';
    await world.advance(MINUTE_MS);
    expect(calls).to.deep.equal(['https://2027.example.com']);
    const ends = log.streamEvents(`runs-${jobId}`).filter(({ type }) => type === 'ExecutionCancelled');
    expect(ends.map(({ data }) => JSON.parse(data).error.reason)).to.deep.equal(['PAUSED']);
    await engine.stop(0);
  });
});
