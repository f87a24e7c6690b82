import { expect } from 'chai';
import { calendarStream } from '../../../../src/domain/streams.ts';
import { foldClosures } from '../../../../src/projections/read-models/closures.ts';
import { calendarEntry, pauseEntry } from '../../../support/closure-entries.ts';
import { history, recorded } from '../../../support/histories.ts';

describe('fold closures', () => {
  it('makes each event of a calendar a version that the next one ends', () => {
    const entries = [
      calendarEntry({ dates: ['2026-03-02'], updatedAt: '2026-03-01T08:00:00.000Z' }),
      calendarEntry({ name: 'other', updatedAt: '2026-03-01T08:30:00.000Z' }),
      calendarEntry({ dates: ['2026-03-03'], updatedAt: '2026-03-01T09:00:00.000Z' }),
      calendarEntry({ updatedAt: '2026-03-01T10:00:00.000Z' }, 'CalendarDeleted'),
    ];
    expect(entries[0]?.stream).to.equal(calendarStream('acme', 'holidays'));
    const versions = foldClosures(recorded(entries))?.calendars ?? [];
    expect(
      versions.map(({ name, revision, updatedAt, until, deleted }) => [name, revision, updatedAt, until, deleted]),
    ).to.deep.equal([
      ['holidays', 0, '2026-03-01T08:00:00.000Z', '2026-03-01T09:00:00.000Z', false],
      ['other', 0, '2026-03-01T08:30:00.000Z', undefined, false],
      ['holidays', 1, '2026-03-01T09:00:00.000Z', '2026-03-01T10:00:00.000Z', false],
      ['holidays', 2, '2026-03-01T10:00:00.000Z', undefined, true],
    ]);
  });
  it('keeps the last of each pause', () => {
    const until = '2026-03-01T12:00:00.000Z';
    const liftedAt = '2026-03-01T09:00:00.000Z';
    const entries = [
      pauseEntry({ until }),
      pauseEntry({ pauseId: 2, scope: 'target', target: 'a.example' }),
      pauseEntry({ until, liftedAt, liftedBy: 'bob' }, 'PauseLifted'),
    ];
    const pauses = foldClosures(recorded(entries))?.pauses;
    expect([...(pauses?.keys() ?? [])]).to.deep.equal([1, 2]);
    expect(pauses?.get(1)).to.include({ until, liftedAt, liftedBy: 'bob', revision: 1 });
    expect(pauses?.get(2)).to.include({ scope: 'target', target: 'a.example', revision: 0 });
  });
  it('changes nothing for events that concern no calendar and no pause', () => {
    expect(foldClosures(recorded(history([{ jobId: 1, step: 'claim' }])))).to.equal(undefined);
  });
});
