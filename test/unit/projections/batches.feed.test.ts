import { expect } from 'chai';
import { type EventStore, positionOf, type RecordedEvent, type TextEvent } from '../../../src/event-store/port.ts';
import { eventsAfter, type FeedBatch, feedBatches } from '../../../src/projections/batches.ts';
import type { Projection } from '../../../src/projections/projection.ts';
import { documents } from '../../../src/projections/read-models/documents.ts';
import { jobs } from '../../../src/projections/read-models/jobs.ts';
import { tree } from '../../../src/projections/read-models/tree.ts';
import { appendEntries } from '../../support/append-entries.ts';
import { codec } from '../../support/codec.ts';
import { history, STEPS } from '../../support/histories.ts';
import { createMemoryEventStore } from '../../support/memory-store.ts';

describe('the feed of generations that share a subscription', () => {
  const steps = Array.from({ length: 90 }, (_, index) => ({
    jobId: (index % 3) + 1,
    step: STEPS[(index * 7) % STEPS.length] ?? 'claim',
  }));
  const entries = history(steps);
  let store: EventStore;
  before(async () => {
    store = createMemoryEventStore({ codec, now: () => 0 });
    await appendEntries(store, entries);
  });

  /** Projections, each after the event up to which it has come; 0: none. */
  const feeds: Readonly<Record<string, readonly (readonly [Projection, number])[]>> = {
    'events alone': [[jobs, 0]],
    'events of several, which have come to different places': [
      [jobs, 11],
      [documents, 4],
    ],
    'texts alone': [[tree, 9]],
    'events and texts': [
      [jobs, 20],
      [documents, 0],
      [tree, 5],
    ],
  };
  const isOf = ({ streamPrefixes }: Projection, { stream }: Pick<RecordedEvent, 'stream'>): boolean =>
    streamPrefixes.length === 0 || streamPrefixes.some((prefix) => stream.startsWith(prefix));

  for (const [what, requested] of Object.entries(feeds)) {
    it(`gives each every event of its streams, once and in order: ${what}`, async () => {
      const generations = requested.map(([projection, after], generation) => {
        const checkpoint = { position: after === 0 ? undefined : positionOf(after), lastEvent: undefined };
        return { projection, generation, schema: '', checkpoint };
      });
      const { signal } = new AbortController();
      const batches: FeedBatch[] = [];
      for await (const batch of feedBatches(generations, store, { maxEvents: 7, signal })) {
        batches.push(batch);
        if (batch.caughtUp) break;
      }
      for (const [projection, after] of requested) {
        const given = batches.flatMap((batch): readonly (RecordedEvent | TextEvent)[] => {
          const later = eventsAfter(positionOf(after), batch);
          return projection.readsTexts ? later.texts : later.events;
        });
        const places = given.filter((event) => isOf(projection, event)).map(({ position }) => Number(position));
        const expected = entries.flatMap((entry, index) =>
          index >= after && isOf(projection, entry) ? [index + 1] : [],
        );
        expect(places, projection.name).to.deep.equal(expected);
        expect(expected.length, projection.name).to.be.above(2);
      }
    });
  }
});
