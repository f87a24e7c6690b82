import { expect } from 'chai';
import { cutRefusals, recordRefusals } from '../../../src/commands/refusal.ts';
import { refusalsStream } from '../../../src/domain/streams.ts';
import { toInstant } from '../../../src/domain/values.ts';
import type { RecordedEvent } from '../../../src/event-store/port.ts';
import { createStreamQueues } from '../../../src/event-store/stream-queues.ts';
import { memoryLog, storeOver } from '../../support/engines.ts';
import { type ManualWorld, manualWorld } from '../../support/world.ts';

const DAY_MS = 86_400_000;

describe('refused requests in the log', () => {
  let world: ManualWorld;
  let store: ReturnType<typeof storeOver>;
  beforeEach(() => {
    world = manualWorld();
    store = storeOver(memoryLog(world));
  });
  const log = () => ({ store, lanes: createStreamQueues(), world });
  const count = (code: string, tenant?: string) => {
    const at = toInstant(world.clock.now());
    return { code, count: 1, minute: at, lastAt: at, requestId: 'r', ...(tenant === undefined ? {} : { tenant }) };
  };
  const eventsOf = async (tenant?: string): Promise<RecordedEvent[]> => {
    const events: RecordedEvent[] = [];
    for await (const event of store.readStream(refusalsStream(tenant))) events.push(event);
    return events;
  };

  it('are in one stream for each tenant, and in one of the installation', async () => {
    await Promise.all([
      recordRefusals(log())('acme', [count('FORBIDDEN', 'acme'), count('TARGET_BLOCKED', 'acme')]),
      recordRefusals(log())('acme', [count('FORBIDDEN', 'acme')]),
      recordRefusals(log())(undefined, [count('NOT_AUTHENTICATED')]),
    ]);
    expect((await eventsOf('acme')).map(({ type }) => type)).to.deep.equal(Array(3).fill('RequestsRefused'));
    expect(await eventsOf()).to.have.length(1);
    expect(refusalsStream('installation')).to.not.equal(refusalsStream());
  });

  it('are cut where they are too old, which the log says first', async () => {
    const record = recordRefusals(log());
    await record('acme', [count('FORBIDDEN', 'acme')]);
    await world.advance(DAY_MS);
    await record('acme', [count('TARGET_BLOCKED', 'acme')]);
    const before = toInstant(world.clock.now());
    await cutRefusals(log())('acme', before);
    expect((await eventsOf('acme')).map(({ type, revision }) => [type, revision])).to.deep.equal([
      ['RequestsRefused', 1],
      ['RefusalsCut', 2],
    ]);
    await world.advance(DAY_MS);
    await cutRefusals(log())('acme', toInstant(world.clock.now()));
    expect((await eventsOf('acme')).map(({ type, revision }) => [type, revision])).to.deep.equal([['RefusalsCut', 3]]);
  });
});
