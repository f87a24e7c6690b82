import { expect } from 'chai';
import type { CommandReads } from '../../../src/commands/read-models.ts';
import { resourceCounts } from '../../../src/commands/resource-quotas.ts';
import type { EventStore } from '../../../src/event-store/port.ts';
import { stub } from '../../support/stub.ts';
import { manualWorld } from '../../support/world.ts';

const page = (total: number) => async () => ({ items: [], total });

describe('what a tenant has, as it is counted', () => {
  const countsWith = (count: () => Promise<{ items: never[]; total: number }>) => {
    const world = manualWorld();
    const counts = resourceCounts({
      world,
      store: stub<EventStore>({ end: async () => undefined }),
      queries: stub<CommandReads['queries']>({
        awaitPosition: async () => true,
        listJobs: count,
        listCalendars: count,
        listPauses: count,
        countAlertRules: async () => (await count()).total,
      }),
    });
    return { world, counts };
  };

  it('equals the totals of the lists', async () => {
    const { counts } = countsWith(page(7));
    for (const count of Object.values(counts)) expect(await count('acme')).to.equal(7);
  });

  it('lets calendars and pauses be set while Postgres is away', async () => {
    const { counts } = countsWith(async () => {
      throw new Error('connection refused');
    });
    expect(await counts.pauses('acme')).to.equal(0);
    expect(await counts.calendars('acme')).to.equal(0);
  });

  it('lets them be set after 3 s while Postgres is silent', async () => {
    const { world, counts } = countsWith(() => new Promise(() => {}));
    const counting = Promise.all([counts.pauses('acme'), counts.calendars('acme')]);
    await world.advance(3_000);
    expect(await counting).to.deep.equal([0, 0]);
  });
});
