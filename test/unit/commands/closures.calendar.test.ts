import { expect } from 'chai';
import { SetCalendar } from '../../../src/commands/closures.ts';
import { rejectInUse } from '../../../src/commands/read-models.ts';
import { decideDeleteCalendar, decideSetCalendar, evolveCalendar } from '../../../src/domain/closure/calendars.ts';
import type { Calendar, CalendarEvent } from '../../../src/domain/events/index.ts';
import { specOf } from '../../support/given.ts';

const { given } = specOf<Calendar | undefined, CalendarEvent>(undefined, (_state, event) => evolveCalendar(event));
const at = '2026-03-02T10:00:00.000Z';
const nowMs = Date.parse(at);
const actor = { type: 'user', name: 'bob' } as const;
const aCalendar = (other: Partial<Calendar> = {}): Calendar => ({
  tenant: 'acme',
  name: 'holidays',
  dates: ['2026-12-25'],
  updatedAt: '2026-01-01T00:00:00.000Z',
  updatedBy: 'ann',
  ...other,
});

const calendarSet = (other: Partial<Calendar> = {}): CalendarEvent => ({ type: 'CalendarSet', data: aCalendar(other) });
const calendarDeleted = (): CalendarEvent => ({ type: 'CalendarDeleted', data: aCalendar() });

const set = (dates: string[], description?: string) => (state: Calendar | undefined) =>
  decideSetCalendar({ tenant: 'acme', name: 'holidays', dates, description, actor }, state, nowMs);

describe('set calendar', () => {
  it('records the whole calendar, from now on', () => {
    const after = { dates: ['2026-12-25', '2026-12-26'], description: 'Public', updatedAt: at, updatedBy: 'bob' };
    given()
      .when(set(['2026-12-25', '2026-12-26'], 'Public'))
      .thenOnce(calendarSet(after));
    given(calendarSet({ description: 'Old' }))
      .when(set(['2026-12-25', '2026-12-26'], 'Public'))
      .thenOnce(calendarSet(after));
  });
  it('records nothing if it states that already', () => {
    given(calendarSet())
      .when(set(['2026-12-25']))
      .thenNothing();
    given(calendarSet({ description: 'Public' }))
      .when(set(['2026-12-25']))
      .thenOnce(calendarSet({ updatedAt: at, updatedBy: 'bob' }));
  });
  it('sets one again that was deleted', () => {
    given(calendarSet(), calendarDeleted())
      .when(set(['2026-12-25']))
      .thenOnce(calendarSet({ updatedAt: at, updatedBy: 'bob' }));
  });
});

describe('delete calendar', () => {
  const deleting = (state: Calendar | undefined) => decideDeleteCalendar({ name: 'holidays', actor }, state, nowMs);
  it('records the calendar as it was, when it ended and by whom', () => {
    given(calendarSet())
      .when(deleting)
      .then({ type: 'CalendarDeleted', data: aCalendar({ updatedAt: at, updatedBy: 'bob' }) });
  });
  it('is rejected if there is none', () => {
    given().when(deleting).thenRejected('CALENDAR_NOT_FOUND');
    given(calendarSet(), calendarDeleted()).when(deleting).thenRejected('CALENDAR_NOT_FOUND');
  });
  it('is rejected if jobs name it, and states which', () => {
    const reject = (total: number) => () =>
      rejectInUse('CALENDAR_IN_USE', 'calendar holidays', { first: [{ jobId: 7, name: 'sync' }], total });
    expect(reject(0)).to.not.throw();
    expect(reject(1)).to.throw('calendar holidays is used by job 7 (sync): change these first');
    expect(reject(3)).to.throw('jobs 7 (sync) and 2 more');
  });
});

describe('the input of a calendar', () => {
  const messageOf = (input: object): string => SetCalendar.safeParse(input).error?.issues[0]?.message ?? 'accepted';
  it('has its dates in order, each once', () => {
    const dates = ['2026-12-26', '2026-12-25', '2026-12-26'];
    expect(SetCalendar.parse({ dates }).dates).to.deep.equal(['2026-12-25', '2026-12-26']);
  });
  it('accepts the response of a GET', () => {
    const { tenant: _, ...shown } = aCalendar();
    expect(SetCalendar.parse(shown).dates).to.deep.equal(shown.dates);
  });
  for (const date of ['2026-02-30', '26-12-25', '2026-12-25T00:00:00Z', '0000-01-01', '', 7]) {
    it(`rejects the date ${date}`, () => expect(messageOf({ dates: [date] })).to.not.equal('accepted'));
  }
  it('rejects more than 10,000 dates', () => {
    const dates = Array.from({ length: 10_001 }, (_, day) => new Date(day * 86_400_000).toISOString().slice(0, 10));
    expect(messageOf({ dates })).to.equal('at most 10000 dates');
    expect(messageOf({ dates: dates.slice(1) })).to.equal('accepted');
  });
});
