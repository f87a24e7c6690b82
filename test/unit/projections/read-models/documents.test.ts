import { expect } from 'chai';
import { calendarStream } from '../../../../src/domain/streams.ts';
import { foldDocuments } from '../../../../src/projections/read-models/documents.ts';
import { calendarEntry, pauseEntry } from '../../../support/closure-entries.ts';
import { history, recorded } from '../../../support/histories.ts';

const documentsOf = (entries: Parameters<typeof recorded>[0], kind: string) =>
  [...(foldDocuments(recorded(entries))?.documents.values() ?? [])].filter((each) => each.kind === kind);

describe('fold documents', () => {
  const calendars = [
    calendarEntry({ dates: ['2026-03-02'], updatedAt: '2026-03-01T08:00:00.000Z' }),
    calendarEntry({ name: 'other', updatedAt: '2026-03-01T08:30:00.000Z' }),
    calendarEntry({ dates: ['2026-03-03'], updatedAt: '2026-03-01T09:00:00.000Z' }),
    calendarEntry({ updatedAt: '2026-03-01T10:00:00.000Z' }, 'CalendarDeleted'),
  ];

  it('makes each event of a calendar a version', () => {
    expect(calendars[0]?.stream).to.equal(calendarStream('acme', 'holidays'));
    const versions = documentsOf(calendars, 'calendarVersion');
    expect(versions.map(({ name, revision, createdAt, ended }) => [name, revision, createdAt, ended])).to.deep.equal([
      ['holidays', 0, '2026-03-01T08:00:00.000Z', false],
      ['other', 0, '2026-03-01T08:30:00.000Z', false],
      ['holidays', 1, '2026-03-01T09:00:00.000Z', false],
      ['holidays', 2, '2026-03-01T10:00:00.000Z', true],
    ]);
    expect(versions[2]?.doc).to.deep.equal({ dates: ['2026-03-03'] });
  });

  it('keeps the last state of each calendar, without its dates', () => {
    const states = documentsOf(calendars.slice(0, 3), 'calendar');
    expect(states.map(({ name, revision, ended }) => [name, revision, ended])).to.deep.equal([
      ['holidays', 1, false],
      ['other', 0, false],
    ]);
    expect(states[0]?.doc).to.include({ name: 'holidays', dateCount: 1 }).and.not.have.property('dates');
  });

  it('keeps the last state of each pause, and when it ends or ended', () => {
    const until = '2026-03-01T12:00:00.000Z';
    const liftedAt = '2026-03-01T09:00:00.000Z';
    const entries = [
      pauseEntry({ until }),
      pauseEntry({ pauseId: 2, scope: 'target', target: 'a.example' }),
      pauseEntry({ until, liftedAt, liftedBy: 'bob' }, 'PauseLifted'),
    ];
    const [first, second] = documentsOf(entries, 'pause');
    expect(first).to.include({ id: 1, endedAt: liftedAt, ended: true, revision: 1 });
    expect(first?.doc).to.include({ until, liftedAt, liftedBy: 'bob' });
    expect(second).to.include({ id: 2, tenant: 'acme', endedAt: undefined, ended: false, revision: 0 });
  });

  it('makes a pause of the installation one of no tenant', () => {
    expect(documentsOf([pauseEntry({ scope: 'installation' })], 'pause')[0]).to.include({ tenant: undefined });
  });

  it('changes nothing for events that leave no document', () => {
    expect(foldDocuments(recorded(history([{ jobId: 1, step: 'claim' }])).slice(-1))).to.equal(undefined);
  });
});
