import { expect } from 'chai';
import { positionOf, type RecordedEvent } from '../../../src/event-store/port.ts';
import { sourceOf, toCloudEvent } from '../../../src/feed/cloud-event.ts';
import { toMessageBatches } from '../../../src/publisher/publish.ts';
import { metadata } from '../../support/histories.ts';
import { jobCreated } from '../../support/jobs.ts';

const MIB = 1_048_576;
const job = (place: number, description = ''): RecordedEvent => ({
  ...jobCreated({ jobId: place, description }),
  id: `event-${place}`,
  stream: `job-${place}`,
  revision: 0,
  position: positionOf(place),
  recordedAt: place * 1_000,
  metadata,
});

const forfeited = (place: number): RecordedEvent => ({
  ...job(place),
  type: 'NameRevoked',
  data: { tenant: 'acme', ownerId: place, name: 'sync' },
});

const cut = (events: readonly RecordedEvent[], maxEvents: number) => [
  ...toMessageBatches(events, (event) => toCloudEvent(event, sourceOf('l'), {}), { maxEvents, topicPrefix: '' }),
];

describe('batches', () => {
  it('hold so many events at most, all of their messages, and reach the last of them', () => {
    const batches = cut(
      [1, 2, 3, 4, 5].map((place) => job(place)),
      2,
    );
    expect(batches.map(({ events, messages }) => [events, messages.length])).to.deep.equal([
      [2, 6],
      [2, 6],
      [1, 3],
    ]);
    expect(batches.map(({ reached, recordedMs }) => [reached, recordedMs])).to.deep.equal(
      [2, 4, 5].map((place) => [{ position: positionOf(place), eventId: `event-${place}` }, place * 1_000]),
    );
  });

  it('fit a request of 1 MiB to one partition, though a single event always goes', () => {
    const batches = cut(
      [job(1, 'x'.repeat(500_000)), job(2, 'x'.repeat(500_000)), job(3), job(4, 'x'.repeat(2 * MIB))],
      500,
    );
    expect(batches.map(({ events }) => events)).to.deep.equal([1, 2, 1]);
  });

  it('count as reached what no one is notified of', () => {
    const [batch, ...more] = cut([job(1), forfeited(2), forfeited(3)], 1);
    expect(batch?.events).to.equal(1);
    expect(batch?.reached.position).to.equal(positionOf(3));
    expect(more).to.deep.equal([]);
    expect(cut([forfeited(4)], 1).map(({ messages, reached }) => [messages.length, reached.position])).to.deep.equal([
      [0, positionOf(4)],
    ]);
    expect(cut([], 1)).to.deep.equal([]);
  });
});
