import { expect } from 'chai';
import type { RunEvent } from '../../../../src/domain/events/index.ts';
import { AppendTooLarge } from '../../../../src/event-store/errors.ts';
import type { Append, EventStore } from '../../../../src/event-store/port.ts';
import { addJob, commandsOver, engineOver, engineTable, memoryLog, storeOver } from '../../../support/engines.ts';
import { manualWorld } from '../../../support/world.ts';

const has = (append: Append, type: RunEvent['type']): boolean => append.events.some((event) => event.type === type);

/** An engine with one job, over a log that takes an append only where this lets it. */
const engineWith = async (reject: (append: Append) => Error | undefined) => {
  const world = manualWorld();
  const log = memoryLog(world);
  const store = storeOver(log);
  const choosy: EventStore = {
    ...store,
    append: async (append) => {
      const rejection = reject(append);
      if (rejection !== undefined) throw rejection;
      return store.append(append);
    },
  };
  const { engine, calls } = engineOver({ store: choosy, world, membership: engineTable(world).membership });
  const commands = commandsOver(storeOver(log), world);
  await engine.start();
  const { jobId } = await addJob(commands);
  const ends = async () => {
    const events: string[] = [];
    for await (const event of store.readStream(`runs-${jobId}`)) {
      if (event.type === 'ExecutionFailed') events.push(event.data.error.code);
      else if (event.type === 'ExecutionSucceeded') events.push('succeeded');
    }
    return events;
  };
  return { world, engine, calls, ends };
};

describe('an outcome that the log does not take', () => {
  it('ends as not recorded if no log could hold it, and the job continues', async () => {
    const { world, engine, calls, ends } = await engineWith((append) =>
      has(append, 'ExecutionSucceeded')
        ? new AppendTooLarge({ stream: append.stream, sizeBytes: 2_000_000, limitBytes: 1_048_576 })
        : undefined,
    );
    await world.advance(16_000);
    expect(await ends()).to.deep.equal(['OUTCOME_NOT_RECORDED', 'OUTCOME_NOT_RECORDED', 'OUTCOME_NOT_RECORDED']);
    expect(calls).to.have.length(3);
    await engine.stop(0);
  });

  it('is recorded once the log takes it', async () => {
    let denied = true;
    const { world, engine, ends } = await engineWith((append) =>
      denied && has(append, 'ExecutionSucceeded') ? new Error('a right is missing') : undefined,
    );
    await world.advance(12_000);
    expect(await ends()).to.deep.equal([]);
    denied = false;
    await world.advance(16_000);
    expect((await ends()).length).to.be.at.least(3);
    expect(new Set(await ends())).to.deep.equal(new Set(['succeeded']));
    await engine.stop(0);
  });

  it('is abandoned if the engine stops in the meantime', async () => {
    const { world, engine, ends } = await engineWith((append) =>
      has(append, 'ExecutionSucceeded') ? new Error('a right is missing') : undefined,
    );
    await world.advance(6_000);
    const stopped = engine.stop(1_000);
    await world.advance(2_000);
    await stopped;
    expect(await ends()).to.deep.equal([]);
  });
});
