import { expect } from 'chai';
import { createLogEnd } from '../../../../src/compose/metrics/reader-metrics.ts';
import type { EventStore } from '../../../../src/event-store/port.ts';
import { stub } from '../../../support/stub.ts';
import { manualWorld } from '../../../support/world.ts';

describe('the end of the log, as a scrape reads it', () => {
  it('is read once for all metrics of a scrape, and again for the next scrape', async () => {
    const world = manualWorld();
    let reads = 0;
    const logEnd = createLogEnd({ store: stub<EventStore>({ end: async () => String(++reads) }), world });
    expect(await Promise.all([logEnd(), logEnd()])).to.deep.equal(['1', '1']);
    await world.advance(1_000);
    expect(await logEnd()).to.equal('2');
  });

  it('is not waited for longer than a scrape has time', async () => {
    const world = manualWorld();
    const logEnd = createLogEnd({ store: stub<EventStore>({ end: () => new Promise(() => {}) }), world });
    const said = logEnd().catch((error) => error.message);
    await world.advance(3_000);
    expect(await said).to.equal('the log did not respond within 3000 ms');
  });

  it('may be that of an empty log', async () => {
    expect(
      await createLogEnd({ store: stub<EventStore>({ end: async () => undefined }), world: manualWorld() })(),
    ).to.equal(undefined);
  });
});
