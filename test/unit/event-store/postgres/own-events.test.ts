import { expect } from 'chai';
import type { NewEvent } from '../../../../src/event-store/port.ts';
import { positionOf } from '../../../../src/event-store/port.ts';
import type { NewEventRow } from '../../../../src/event-store/postgres/judge-batch.ts';
import { createOwnEvents, type OwnEvents } from '../../../../src/event-store/postgres/own-events.ts';
import { contractCodec, namesOf, reserved } from '../../../contract/event-store-support.ts';

const rowOf = (stream: string, event: NewEvent): NewEventRow => ({
  event,
  id: event.id,
  ...contractCodec.encode(event),
  stream,
  revision: 0,
});

const add = (own: OwnEvents, end: number, ...names: string[]): void =>
  own.add({ end, recordedAtMs: 5, rows: names.map((name) => rowOf(`job-${name}`, reserved(name))) });

describe('own events', () => {
  let own: OwnEvents;
  beforeEach(() => {
    own = createOwnEvents(contractCodec);
  });

  const follows = (place: number, prefixes?: string[]) => {
    const page = own.after(positionOf(place), prefixes);
    return page && { names: namesOf(page.events), considered: Number(page.considered) };
  };

  it('gives all commits that follow one another, from where a commit began', () => {
    add(own, 0, 'a', 'b');
    add(own, 2, 'c');
    expect(follows(0)).to.deep.equal({ names: ['a', 'b', 'c'], considered: 3 });
    expect(follows(2)).to.deep.equal({ names: ['c'], considered: 3 });
    expect(follows(3)).to.equal(undefined);
  });

  it('gives nothing from the middle of a commit, nor over what others appended', () => {
    add(own, 0, 'a', 'b');
    add(own, 7, 'c');
    expect(follows(1)).to.equal(undefined);
    expect(follows(0)).to.deep.equal({ names: ['a', 'b'], considered: 2 });
    expect(follows(2)).to.equal(undefined);
  });

  it('gives what passes the filter, and reports how far it has looked', () => {
    add(own, 0, 'a', 'b');
    expect(follows(0, ['job-b'])).to.deep.equal({ names: ['b'], considered: 2 });
    expect(follows(0, ['runs-'])).to.deep.equal({ names: [], considered: 2 });
  });

  it('gives what decoding gives, made once for all who ask', () => {
    const data = { tenant: 'default', name: 'a', ownerId: 1, applicationId: undefined };
    const event: NewEvent = { ...reserved('a'), type: 'NameReserved', data };
    const row = rowOf('job-1', event);
    own.add({ end: 0, recordedAtMs: 5, rows: [row] });
    const [given] = own.after(positionOf(0), undefined)?.events ?? [];
    const raw = { ...row, position: positionOf(1), recordedAt: 5 };
    expect(given).to.deep.equal(contractCodec.decode(raw));
    expect(own.after(positionOf(0), ['job-'])?.events[0]).to.equal(given);
  });

  it('gives nothing that has to be read to state what is wrong with it', () => {
    const event = reserved('a');
    own.add({
      end: 0,
      recordedAtMs: 5,
      rows: [rowOf('job-1', { ...event, metadata: { ...event.metadata, minReader: 99 } })],
    });
    expect(follows(0)).to.equal(undefined);
  });

  it('keeps the newest within its bounds, and nothing once it is told to forget', () => {
    const big = 'x'.repeat(500_000);
    for (let end = 0; end < 40; end++) add(own, end, big);
    expect(follows(0)).to.equal(undefined);
    expect(follows(39)?.considered).to.equal(40);
    own.forget();
    expect(follows(39)).to.equal(undefined);
    for (let end = 0; end < 10_001; end++) add(own, end, 'a');
    expect(follows(0)).to.equal(undefined);
    expect(follows(1)?.considered).to.equal(2_001);
  });
});
