import { expect } from 'chai';
import { createLag, eventsBehind } from '../../../../src/compose/metrics/reader-metrics.ts';
import { positionOf } from '../../../../src/event-store/port.ts';

describe('the lag of a reader', () => {
  const at = (position: number, end: number, { nowMs = 0, recordedMs = 0 } = {}) => ({
    reader: 'jobs',
    position: positionOf(position),
    end: positionOf(end),
    nowMs,
    recordedMs: recordedMs === 0 ? undefined : recordedMs,
  });

  it('is 0 at the end of the log, however old that is', () => {
    const lag = createLag();
    expect(lag(at(7, 7, { nowMs: 3_600_000, recordedMs: 1_000 }))).to.equal(0);
    expect(lag({ ...at(7, 7), end: undefined })).to.equal(0);
    expect(eventsBehind(positionOf(9), positionOf(7))).to.equal(0);
  });

  it('is the age of the last event handled, while the reader catches up', () => {
    expect(createLag()(at(7, 9, { nowMs: 61_000, recordedMs: 1_000 }))).to.equal(60);
    expect(eventsBehind(positionOf(7), positionOf(9))).to.equal(2);
  });

  it('begins when the reader was last seen at the end, so that a quiet hour is no lag', () => {
    const lag = createLag();
    lag(at(7, 7, { nowMs: 3_600_000, recordedMs: 1_000 }));
    expect(lag(at(7, 8, { nowMs: 3_615_000, recordedMs: 1_000 }))).to.equal(15);
    expect(lag({ ...at(7, 8, { nowMs: 3_615_000, recordedMs: 1_000 }), reader: 'another' })).to.equal(3_614);
  });

  it('is not known before the first event', () => {
    expect(createLag()(at(0, 9, { nowMs: 61_000 }))).to.be.NaN;
  });
});
