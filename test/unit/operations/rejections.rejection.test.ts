import { expect } from 'chai';
import { rejectionsStream } from '../../../src/domain/streams.ts';
import { toInstant } from '../../../src/domain/values.ts';
import { createStreamQueues } from '../../../src/event-store/append-with-retry.ts';
import type { RecordedEvent } from '../../../src/event-store/port.ts';
import { recordRejections, truncateRejections } from '../../../src/operations/rejections.ts';
import { memoryLog, storeOver } from '../../support/engines.ts';
import { type ManualWorld, manualWorld } from '../../support/world.ts';

const DAY_MS = 86_400_000;

describe('rejected requests in the log', () => {
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
    for await (const event of store.readStream(rejectionsStream(tenant))) events.push(event);
    return events;
  };

  it('are in one stream for each tenant, and in one of the installation', async () => {
    await Promise.all([
      recordRejections(log())('acme', [count('FORBIDDEN', 'acme'), count('TARGET_BLOCKED', 'acme')]),
      recordRejections(log())('acme', [count('FORBIDDEN', 'acme')]),
      recordRejections(log())(undefined, [count('NOT_AUTHENTICATED')]),
    ]);
    expect((await eventsOf('acme')).map(({ type }) => type)).to.deep.equal(Array(3).fill('RequestsRejected'));
    expect(await eventsOf()).to.have.length(1);
    expect(rejectionsStream('installation')).to.not.equal(rejectionsStream());
  });

  it('are cut if they are too old, which the log states first', async () => {
    const record = recordRejections(log());
    await record('acme', [count('FORBIDDEN', 'acme')]);
    await world.advance(DAY_MS);
    await record('acme', [count('TARGET_BLOCKED', 'acme')]);
    const before = toInstant(world.clock.now());
    await truncateRejections(log())('acme', before);
    expect((await eventsOf('acme')).map(({ type, revision }) => [type, revision])).to.deep.equal([
      ['RequestsRejected', 1],
      ['RejectionsTruncated', 2],
    ]);
    await world.advance(DAY_MS);
    await truncateRejections(log())('acme', toInstant(world.clock.now()));
    expect((await eventsOf('acme')).map(({ type, revision }) => [type, revision])).to.deep.equal([
      ['RejectionsTruncated', 3],
    ]);
  });
});
