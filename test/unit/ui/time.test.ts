import { expect } from 'chai';
import {
  formatDistance,
  formatDuration,
  formatInstant,
  instantOf,
  wallOf,
  wholeInstant,
} from '../../../ui/src/format/time.ts';

const nowMs = Date.parse('2026-03-28T12:00:00Z');

describe('times of the page', () => {
  it('are those of the zone that is requested', () => {
    expect(wallOf('2026-03-28T23:30:00Z', 'Europe/Berlin')).to.deep.equal({
      date: '2026-03-29',
      time: '00:30',
      seconds: '00',
    });
    expect(wholeInstant('2026-03-29T01:00:00Z', 'Europe/Berlin')).to.equal('2026-03-29 03:00:00 GMT+2');
    expect(wholeInstant('2026-03-29T00:59:59Z', 'Europe/Berlin')).to.equal('2026-03-29 01:59:59 GMT+1');
    expect(wholeInstant('2026-03-29T00:59:59.999Z', 'UTC')).to.equal('2026-03-29 00:59:59 GMT');
    expect(wholeInstant('2026-03-29T00:00:00Z', 'America/St_Johns')).to.equal('2026-03-28 21:30:00 GMT-2:30');
    expect(wholeInstant('2026-03-29T00:00:00Z', 'Asia/Kathmandu')).to.equal('2026-03-29 05:45:00 GMT+5:45');
  });

  it('show the day relative to today in the zone', () => {
    const say = (instant: string, zone = 'UTC') => formatInstant(instant, { zone, nowMs });
    expect(say('2026-03-28T18:05:00Z')).to.equal('18:05');
    expect(say('2026-03-28T18:05:07Z')).to.equal('18:05:07');
    expect(say('2026-03-28T23:30:00Z', 'Europe/Berlin')).to.equal('tomorrow 00:30');
    expect(say('2026-03-27T23:30:00Z')).to.equal('yesterday 23:30');
    expect(say('2026-04-01T09:00:00Z')).to.equal('Wed 09:00');
    expect(say('2026-07-01T09:00:00Z')).to.equal('2026-07-01 09:00');
    expect(say('2026-03-20T09:00:00Z')).to.equal('2026-03-20 09:00');
  });

  it('find the instant of what a clock on a wall shows, also around its changes', () => {
    expect(instantOf('2026-03-28T12:00', 'Europe/Berlin')).to.equal('2026-03-28T11:00:00.000Z');
    expect(instantOf('2026-03-29T04:00', 'Europe/Berlin')).to.equal('2026-03-29T02:00:00.000Z');
    expect(instantOf('2026-10-25T00:00', 'Europe/Berlin')).to.equal('2026-10-24T22:00:00.000Z');
    expect(instantOf('2026-10-25T12:30:15', 'America/New_York')).to.equal('2026-10-25T16:30:15.000Z');
    for (const zone of ['Asia/Kolkata', 'America/St_Johns', 'Pacific/Apia']) {
      const { date, time } = wallOf(nowMs, zone);
      expect(instantOf(`${date}T${time}`, zone), zone).to.equal(new Date(nowMs).toISOString());
    }
  });

  it('of a zone that this browser does not know are those of UTC', () => {
    expect(wallOf('2026-03-28T23:30:00Z', 'Mars/Base').time).to.equal('23:30');
  });

  it('show durations in up to two units', () => {
    expect(
      [0, 850, 2_450, 59_999, 60_000, 200_000, 3_600_000, 187_200_000, 31_622_400_000].map(formatDuration),
    ).to.deep.equal(['0 ms', '850 ms', '2.4 s', '59 s', '1 min', '3 min 20 s', '1 h', '2 d 4 h', '1 y 1 d']);
  });

  it('state the distance of an instant', () => {
    const far = (ms: number) => formatDistance(new Date(nowMs + ms).toISOString(), nowMs);
    expect([0, 5_000, 185_000, -7_300_000].map(far)).to.deep.equal(['now', 'in 5 s', 'in 3 min', '2 h ago']);
  });
});
