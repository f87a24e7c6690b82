import { expect } from 'chai';
import type { RawEvent } from '../../../../src/event-store/codec.ts';
import { LOG_START, NO_STREAM, positionOf } from '../../../../src/event-store/port.ts';
import { createWatchedStreams } from '../../../../src/event-store/postgres/watched-streams.ts';

const STREAM = 'app-1';
const at = (revision: number): RawEvent => ({
  ...{ id: `e${revision}`, type: 'ApplicationUpdated', data: '{}', metadata: '{}', stream: STREAM, revision },
  position: positionOf(revision + 1),
  recordedAt: 0,
});

/** A stream that was asked for and read, when it had come to this revision. */
const read = (event: RawEvent | undefined) => {
  const watchedStreams = createWatchedStreams();
  expect(watchedStreams.asOf(STREAM, LOG_START)).to.equal(undefined);
  watchedStreams.keep(STREAM, { event, asOf: LOG_START });
  return watchedStreams;
};

describe('watched streams', () => {
  it('knows an event that was read, and no longer as of what came since', () => {
    const watchedStreams = read(at(4));
    expect(watchedStreams.asOf(STREAM, LOG_START)?.event).to.deep.equal(at(4));
    expect(watchedStreams.asOf(STREAM, positionOf(9))).to.equal(undefined);
  });

  it('knows it as of a commit that found the stream where it was', () => {
    const watchedStreams = read(at(4));
    expect(watchedStreams.watched()).to.deep.equal([STREAM]);
    watchedStreams.found(new Map([[STREAM, 4]]), positionOf(9));
    expect(watchedStreams.asOf(STREAM, positionOf(9))?.event).to.deep.equal(at(4));
    expect(watchedStreams.asOf(STREAM, positionOf(10))).to.equal(undefined);
  });

  it('knows that a stream has no event', () => {
    const watchedStreams = read(undefined);
    watchedStreams.found(new Map([[STREAM, NO_STREAM]]), positionOf(9));
    expect(watchedStreams.asOf(STREAM, positionOf(9))).to.deep.equal({ event: undefined, asOf: positionOf(9) });
  });

  it('forgets an event after a commit that found the stream elsewhere', () => {
    const watchedStreams = read(at(4));
    watchedStreams.found(new Map([[STREAM, 5]]), positionOf(9));
    expect(watchedStreams.asOf(STREAM, LOG_START)).to.equal(undefined);
  });

  it('has three commits look at a stream that was asked for, and then forgets it', () => {
    const watchedStreams = read(at(4));
    for (const end of [9, 10, 11]) {
      expect(watchedStreams.watched()).to.deep.equal([STREAM]);
      watchedStreams.found(new Map([[STREAM, 4]]), positionOf(end));
    }
    expect(watchedStreams.watched()).to.deep.equal([]);
    expect(watchedStreams.asOf(STREAM, LOG_START)).to.equal(undefined);
  });
});
