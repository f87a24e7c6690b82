import { expect } from 'chai';
import {
  follow,
  nextPlace,
  type PlacedEvent,
  requestKey,
  type Trail,
} from '../../../../../src/commands/loop/requests/keyed-events.ts';

const START_MS = Date.parse('2026-03-01T00:00:00Z');
const HOUR_MS = 3_600_000;

/** A stream of placed events, read one at a time as a log is. */
const createStream = () => {
  const events: PlacedEvent[] = [];
  const cuts: number[] = [];
  let nowMs = START_MS;

  const find = (key: string) => {
    let index: Trail['index'] = [];
    let reads = 1;
    for (let event = events.at(-1); event !== undefined; reads++) {
      const trail: Trail = follow(index, event, key);
      ({ index } = trail);
      if (trail.next.kind === 'found') return { found: event, index, reads };
      event = trail.next.kind === 'read' ? events[trail.next.revision] : undefined;
    }
    return { found: undefined, index, reads };
  };
  const append = (key: string): void => {
    const { index } = find(key);
    const { place, cutBefore } = nextPlace({ index, last: events.at(-1), nowMs });
    if (cutBefore !== undefined) cuts.push(cutBefore);
    events.push({ key, revision: events.length, place });
  };
  const wait = (ms: number): void => {
    nowMs += ms;
  };
  return { events, cuts, find, append, wait };
};

/** All in one stream. */
const keyOf = (digits: string): string => `000${digits.padEnd(61, '0')}`;
const keys = (count: number): string[] =>
  Array.from({ length: count }, (_, at) => keyOf(requestKey('acme', `key ${at}`).slice(3)));

describe('places of requests', () => {
  it('lead to the newest event of each key, in a few reads however many there are', () => {
    const { append, find } = createStream();
    const all = keys(5_000);
    for (const key of [...all, ...all.slice(0, 2_000), ...all.slice(1_000, 1_100)]) append(key);
    let most = 0;
    for (const [at, key] of all.entries()) {
      const { found, reads } = find(key);
      const revision = at >= 1_000 && at < 1_100 ? 7_000 + at - 1_000 : at < 2_000 ? 5_000 + at : at;
      expect(found).to.include({ key, revision });
      most = Math.max(most, reads);
    }
    expect(most).to.be.at.most(9);
  });

  it('report a key that it is not there', () => {
    const { append, find } = createStream();
    expect(find(keyOf('a')).found).to.equal(undefined);
    for (const key of keys(500)) append(key);
    for (let at = 0; at < 500; at++) {
      const { found, reads } = find(keyOf(requestKey('other', `${at}`).slice(3)));
      expect(found).to.equal(undefined);
      expect(reads).to.be.at.most(20);
    }
  });

  it('keep keys apart that differ in a late digit only', () => {
    const { append, find } = createStream();
    const all = ['abcdef0', 'abcdef1', 'abcdef1a', 'ab', 'abcde', 'f'].map(keyOf);
    for (const key of [...all, ...all.toReversed()]) append(key);
    for (const [at, key] of all.entries()) expect(find(key).found?.revision, key).to.equal(11 - at);
  });

  it('stay small', () => {
    const { events, append } = createStream();
    for (const key of keys(5_000)) append(key);
    const largest = Math.max(...events.map(({ place }) => JSON.stringify(place).length));
    expect(largest).to.be.at.most(1_200);
  });

  it('let a stream be cut before the last whole day', () => {
    const { events, cuts, append, wait } = createStream();
    for (const key of keys(100)) {
      append(key);
      wait(HOUR_MS);
    }
    expect(cuts).to.deep.equal([24, 48, 72]);
    expect(events.at(-1)?.place.span.firstRevision).to.equal(96);
  });
});
