import { expect } from 'chai';
import { lastEventOf } from '../../../src/event-store/read-log.ts';
import { addJob, asAnn, commandsOver, engineOver, engineTable, inMemory, storeOver } from '../../support/engines.ts';

const EACH_MINUTE = '0 * * * * *';

describe('a job whose application was deleted as it was created', () => {
  /** As where the job's creator died before it looked again: nothing here finds the job in the application. */
  const orphaned = async (other: object = {}) => {
    const { world, log } = inMemory();
    const [store, commands] = [storeOver(log), commandsOver(storeOver(log), world)];
    const { applicationId, jobId } = await addJob(commands, { pattern: EACH_MINUTE, ...other });
    const { engine, calls } = engineOver({ store, world, membership: engineTable(world).membership });
    return {
      world,
      engine,
      calls,
      deleteApplication: () => commands.deleteApplication(asAnn, applicationId, {}),
      last: () => lastEventOf(store, `job-${jobId}`),
    };
  };

  it('is deleted by its engine, which calls nothing of it any more', async () => {
    const { world, engine, calls, deleteApplication, last } = await orphaned();
    await engine.start();
    await world.advance(90_000);
    expect(calls).to.have.length(1);
    await deleteApplication();
    await world.advance(120_000);
    expect(calls).to.have.length(1);
    const { type, metadata } = (await last()) ?? {};
    expect({ type, actor: metadata?.actor.type, reason: metadata?.reason }).to.deep.equal({
      type: 'JobDeleted',
      actor: 'system',
      reason: 'its application was deleted',
    });
    await engine.stop(0);
  });

  it('is deleted by an engine that starts after that, also while it is disabled', async () => {
    const { world, engine, calls, deleteApplication, last } = await orphaned({ enabled: false });
    await deleteApplication();
    await engine.start();
    await world.advance(5_000);
    expect((await last())?.type).to.equal('JobDeleted');
    expect(calls).to.deep.equal([]);
    await engine.stop(0);
  });
});
