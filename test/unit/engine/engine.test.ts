import { expect } from 'chai';
import { addJob, asAnn, commandsOver, engineOver, engineTable, memoryLog, storeOver } from '../../support/engines.ts';
import { manualWorld } from '../../support/world.ts';

const MINUTE_MS = 60_000;

describe('an engine', () => {
  it('calls a run at once that was asked for by a clock an hour ahead of its own', async () => {
    const world = manualWorld();
    const log = memoryLog(world);
    const table = engineTable(world);
    const { engine, calls } = engineOver({ store: storeOver(log), world, membership: table.membership });
    // A process that still goes by the clock as it was.
    const commands = commandsOver(storeOver(log), world);
    await engine.start();
    const { jobId } = await addJob(commands, { pattern: '0 0 1 1 *' });
    table.put(-60 * MINUTE_MS);
    await world.advance(2 * MINUTE_MS);
    await commands.triggerJob(asAnn, jobId);
    await world.advance(1_000);
    expect(calls.map(({ claim }) => claim.trigger)).to.deep.equal(['manual']);
    await engine.stop(0);
  });
});
