import { expect } from 'chai';
import { createLogTail, type LogTail, type TailPage, type WantedEvents } from '../../../src/event-store/log-tail.ts';
import { type DeliveredAs, type NewEvent, type Position, positionOf } from '../../../src/event-store/port.ts';
import { codec } from '../../support/codec.ts';
import { settle } from '../../support/world.ts';

const reserved: NewEvent = {
  type: 'NameReserved',
  data: { tenant: 'acme', name: 'a', ownerId: 1 },
  id: 'e-1',
  metadata: { actor: { type: 'system', name: 'test' }, correlationId: 'c-1' },
};
const encoded = codec.encode(reserved);

/** The events after a position, one at each of the next. */
const page = (after: number, streams: readonly string[], other: Partial<TailPage> = {}): TailPage => ({
  after: positionOf(after),
  events: streams.map((stream, index) => ({
    stored: {
      ...{ ...encoded, id: `e-${after + index + 1}`, stream, revision: 0, recordedAt: 0 },
      position: positionOf(after + index + 1),
    },
  })),
  considered: positionOf(after + streams.length),
  sizeBytes: 1,
  atEnd: true,
  ...other,
});

describe('log tail', () => {
  const started = (): LogTail => {
    const tail = createLogTail(codec);
    tail.begin(positionOf(10));
    tail.add(page(10, ['job-1', 'runs-1', 'runs-2']));
    tail.add(page(13, ['job-2']));
    return tail;
  };
  const read = <A extends DeliveredAs = 'events'>(tail: LogTail, position: number, wanted: WantedEvents<A> = {}) => {
    const reader = tail.reader(wanted);
    const page = reader.after(positionOf(position));
    reader.close();
    return page;
  };
  const placesAfter = (tail: LogTail, position: number, streamPrefixes?: readonly string[]) => {
    const { events = [], ...rest } = read(tail, position, { streamPrefixes }) ?? {};
    return { ...rest, places: events.map(({ position: place }) => Number(place)) };
  };
  const at = (considered: number, atEnd = true) => ({ considered: positionOf(considered), atEnd });

  it('delivers the events after a position, even within a page, to readers whose filter matches', () => {
    const tail = started();
    expect(placesAfter(tail, 10)).to.deep.equal({ places: [11, 12, 13, 14], ...at(14) });
    expect(placesAfter(tail, 12)).to.deep.equal({ places: [13, 14], ...at(14) });
    expect(placesAfter(tail, 10, ['job-'])).to.deep.equal({ places: [11, 14], ...at(14) });
    expect(placesAfter(tail, 14)).to.deep.equal({ places: [], ...at(14) });
  });

  it('knows which streams have no event between positions that it covers', async () => {
    const tail = started();
    const unchanged = (stream: string, after: number, until: number, signal = AbortSignal.abort()) =>
      tail.isUnchanged(stream, { after: positionOf(after), until: positionOf(until) }, signal);
    expect(await unchanged('runs-1', 12, 14)).to.equal(true);
    expect(await unchanged('runs-2', 12, 14)).to.equal(false);
    expect(await unchanged('job-2', 12, 13)).to.equal(true);
    expect(await unchanged('job-2', 14, 12)).to.equal(true);
    expect(await unchanged('job-3', 9, 14)).to.equal(false);
    expect(await unchanged('job-3', 12, 15)).to.equal(false);
    const late = new AbortController();
    const [waiting, changed] = [unchanged('job-1', 14, 16, late.signal), unchanged('job-3', 14, 16, late.signal)];
    tail.add(page(14, ['runs-1']));
    await settle();
    tail.add(page(15, ['job-3']));
    expect(await waiting).to.equal(true);
    expect(await changed).to.equal(false);
    const forgotten = unchanged('job-1', 16, 17, late.signal);
    tail.clear();
    expect(await forgotten).to.equal(false);
    tail.begin(positionOf(16));
    const never = unchanged('job-1', 16, 17, late.signal);
    late.abort();
    expect(await never).to.equal(false);
  });

  it('shares what was decoded, and gives its texts to those that want them', () => {
    const tail = started();
    const [first, second] = [read(tail, 13), read(tail, 13)];
    expect(first?.events[0]).to.equal(second?.events[0]);
    expect(read(tail, 13, { as: 'texts' })?.events[0]).to.have.nested.property('texts.data', encoded.data);
    const both = read(tail, 13, { as: 'both' })?.events[0];
    expect(both).to.have.property('read', first?.events[0]);
  });

  it('forgets its oldest pages once they are too large, and does not cover what came before', () => {
    const tail = started();
    tail.add(page(14, ['job-3'], { sizeBytes: 8 * 1_048_576 - 1 }));
    expect(tail.covers(positionOf(12))).to.equal(false);
    expect(read(tail, 12)).to.equal(undefined);
    expect(placesAfter(tail, 13)).to.deep.equal({ places: [14, 15], ...at(15) });
    tail.clear();
    expect(tail.covers(positionOf(15))).to.equal(false);
  });

  it('begins again with a page that does not follow, as after events of other processes', () => {
    const tail = started();
    tail.add(page(20, ['job-3']));
    expect(tail.covers(positionOf(14))).to.equal(false);
    expect(placesAfter(tail, 20)).to.deep.equal({ places: [21], ...at(21) });
    tail.clear();
    tail.add(page(30, ['job-4', 'job-5']));
    expect(placesAfter(tail, 30)).to.deep.equal({ places: [31, 32], ...at(32) });
  });

  it('keeps 10,000 events for its readers, and gives the 2,000 that follow', () => {
    const tail = createLogTail(codec);
    tail.begin(positionOf(0));
    tail.reader({}).after(positionOf(0));
    for (let end = 0; end <= 10_000; end++) tail.add(page(end, ['job-1']));
    expect(tail.covers(positionOf(0))).to.equal(false);
    expect(read(tail, 1)?.considered).to.equal(positionOf(2_001));
  });

  it('keeps the newest 1,000 events, and older ones until all its readers have read them', () => {
    const tail = createLogTail(codec);
    tail.begin(positionOf(0));
    const [first, second, none] = [tail.reader({}), tail.reader({ streamPrefixes: ['none-'] }), tail.reader({})];
    for (const reader of [first, second, none]) reader.after(positionOf(0));
    none.close();
    for (let end = 0; end < 1_500; end++) tail.add(page(end, ['job-1']));
    first.after(positionOf(0));
    expect(tail.covers(positionOf(0))).to.equal(true);
    second.after(positionOf(0));
    expect(tail.covers(positionOf(499))).to.equal(false);
    expect(read(tail, 500)?.events).to.have.length(1_000);
  });

  it('recalls an event that this process appended', () => {
    const tail = createLogTail({ ...codec, decode: () => undefined });
    const { events, ...rest } = page(0, ['job-1', 'job-2']);
    const [own, other] = events;
    if (own === undefined || other === undefined) throw new Error('the page has two events');
    tail.add({ ...rest, events: [{ ...own, appended: { ...reserved, id: 'e-1' } }, other] });
    expect(read(tail, 0)?.events).to.have.length(1);
  });

  it('wakes those that wait when a page comes, when it is cleared and when they stop', async () => {
    const tail = started();
    const woken: string[] = [];
    const stopping = new AbortController();
    const wait = (who: string, position: Position, { signal } = new AbortController()) =>
      tail.more(position, signal).then(() => woken.push(who));
    void wait('behind', positionOf(13));
    void wait('not covered', positionOf(9));
    void wait('stopped', positionOf(14), stopping);
    void wait('next', positionOf(14));
    await settle();
    expect(woken).to.deep.equal(['behind', 'not covered']);
    stopping.abort();
    await settle();
    tail.add(page(14, ['job-3'], { atEnd: false }));
    await settle();
    expect(placesAfter(tail, 14)).to.deep.equal({ places: [15], ...at(15, false) });
    void wait('cleared', positionOf(15));
    tail.clear();
    await settle();
    expect(woken).to.deep.equal(['behind', 'not covered', 'stopped', 'next', 'cleared']);
  });
});
