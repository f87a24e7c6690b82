import { expect } from 'chai';
import { bindDefinition, bindFirstDefinition } from '../../../src/commands/bind-definition.ts';
import { handleCommand } from '../../../src/commands/handle-command.ts';
import type { CommandContext } from '../../../src/commands/port.ts';
import { DomainEvent, type NameEvent } from '../../../src/domain/events/index.ts';
import { jobStream } from '../../../src/domain/streams.ts';
import { createCodec } from '../../../src/event-store/codec.ts';
import { createLanes } from '../../../src/event-store/lanes.ts';
import { createMemoryEventStore } from '../../../src/event-store/memory.ts';
import { NO_STREAM } from '../../../src/event-store/port.ts';
import { jobCreated } from '../../support/jobs.ts';
import { manualWorld } from '../../support/world.ts';

const context: CommandContext = { tenant: 'acme', actor: { type: 'user', name: 'ann' }, correlationId: 'c1' };
const named = (name: string): NameEvent => ({ type: 'NameReserved', data: { tenant: 'acme', name, ownerId: 1 } });

describe('the loop of commands', () => {
  let loads = 0;
  const begin = () => {
    const world = manualWorld();
    const store = createMemoryEventStore({
      codec: createCodec({ schemas: DomainEvent.options }),
      now: world.clock.now,
    });
    return { store, lanes: createLanes(), world };
  };
  const append = (log: ReturnType<typeof begin>, name: string) =>
    handleCommand(log, {
      stream: 'jobname-1',
      context,
      load: async () => {
        loads += 1;
        const [last] = await log.store.readLast(['jobname-1']);
        return { state: last === undefined ? 'empty' : 'not empty', revision: last?.revision ?? NO_STREAM };
      },
      assumed: { state: 'empty', revision: NO_STREAM },
      decide: (state) => (state === 'empty' ? [named(name)] : []),
    });
  beforeEach(() => {
    loads = 0;
  });

  it('appends to what it assumes without a look', async () => {
    const { revision, events } = await append(begin(), 'a');
    expect({ revision, count: events.length, loads }).to.deep.equal({ revision: 0, count: 1, loads: 0 });
  });

  it('decides on what is there where the assumption was wrong', async () => {
    const log = begin();
    await append(log, 'a');
    const { state, events } = await append(log, 'b');
    expect({ state, events, loads }).to.deep.equal({ state: 'not empty', events: [], loads: 1 });
  });

  it('binds the first definition of a job as it would any other', async () => {
    const log = begin();
    const created = jobCreated();
    const { revision } = await log.store.append({
      stream: jobStream(created.data.jobId),
      expectedRevision: NO_STREAM,
      events: [{ ...created, id: log.world.random.uuid(), metadata: context }],
    });
    const position = await bindFirstDefinition(log, { definition: created.data, revision }, context);
    expect(position).to.equal(await log.store.end());
    expect(await bindDefinition(log, created.data.jobId, context)).to.equal(undefined);
    expect(await bindFirstDefinition(log, { definition: created.data, revision }, context)).to.equal(undefined);
  });
});
