import { expect } from 'chai';
import fc from 'fast-check';
import { beginPeriod, type CalendarVersion, endPeriod } from '../../../../src/domain/closure/calendars.ts';
import { NO_CLOSURES } from '../../../../src/domain/closure/closure.ts';
import { type ClosableJob, createClosureBook, type PauseVersion } from '../../../../src/domain/closure/closure-book.ts';
import { toInstant } from '../../../../src/domain/values.ts';

const BEGINNING = '2026-01-01T00:00:00.000Z';
const holidays: CalendarVersion = {
  tenant: 'acme',
  name: 'holidays',
  revision: 0,
  deleted: false,
  dates: ['2026-12-24', '2026-12-25'],
  updatedAt: BEGINNING,
};
const nine: PauseVersion = {
  pauseId: 1,
  tenant: 'acme',
  scope: 'tenant',
  createdAt: '2026-03-01T09:00:00.000Z',
  createdBy: 'ann',
  revision: 0,
};
const aJob: ClosableJob = {
  tenant: 'acme',
  applicationId: 3,
  jobId: 7,
  timezone: 'UTC',
  calendar: undefined,
  target: 'https://api.example.com',
  labelsText: undefined,
};
const at = (instant: string): number => Date.parse(instant);

describe('the blackout windows of a job', () => {
  /** The closures of a job in a year, as `from - until REASON`. */
  const closures = (
    given: { readonly calendars?: readonly CalendarVersion[]; readonly pauses?: readonly PauseVersion[] },
    job: Partial<ClosableJob> = {},
    year = '2026',
  ): string[] => {
    const book = createClosureBook();
    given.calendars?.forEach(book.setCalendar);
    given.pauses?.forEach(book.setPause);
    const found = book.closuresOf({ ...aJob, ...job })(at(`${year}-01-01T00:00:00Z`), at(`${year}-12-31T23:59:59Z`));
    const shown = (ms: number): string => (Number.isFinite(ms) ? new Date(ms).toISOString().slice(0, 16) : '…');
    return found.map(({ fromMs, untilMs, reason }) => `${shown(fromMs)} - ${shown(untilMs)} ${reason}`);
  };
  const exclude = { calendar: { exclude: ['holidays'] } };
  const include = { calendar: { include: ['holidays'] } };

  it('are empty, at no cost, without a calendar or a pause', () => {
    const book = createClosureBook();
    book.setCalendar(holidays);
    book.setPause({ ...nine, tenant: 'globex' });
    expect(book.closuresOf(aJob)).to.equal(NO_CLOSURES);
  });

  it("leaves the dates of a calendar out, in the job's zone", () => {
    const calendars = [holidays];
    expect(closures({ calendars }, exclude)).to.deep.equal(['2026-12-24T00:00 - 2026-12-26T00:00 CALENDAR']);
    expect(closures({ calendars }, { ...exclude, timezone: 'Pacific/Auckland' })).to.deep.equal([
      '2026-12-23T11:00 - 2026-12-25T11:00 CALENDAR',
    ]);
    expect(closures({ calendars }, { ...exclude, tenant: 'globex' })).to.deep.equal([]);
  });

  it('begins a day at the end of the gap that takes its midnight away', () => {
    const calendars = [{ ...holidays, dates: ['2026-09-06'] }];
    expect(closures({ calendars }, { ...exclude, timezone: 'America/Santiago' })).to.deep.equal([
      '2026-09-06T04:00 - 2026-09-07T03:00 CALENDAR',
    ]);
  });

  it('leaves all but the dates of included calendars out', () => {
    const fair = { ...holidays, name: 'fair', dates: ['2026-06-01', '2026-12-24'] };
    const calendars = [holidays, fair];
    expect(closures({ calendars }, include)).to.deep.equal([
      '… - 2026-12-24T00:00 CALENDAR',
      '2026-12-26T00:00 - … CALENDAR',
    ]);
    expect(closures({ calendars }, { calendar: { include: ['holidays', 'fair'] } })).to.deep.equal([
      '… - 2026-06-01T00:00 CALENDAR',
      '2026-06-02T00:00 - 2026-12-24T00:00 CALENDAR',
      '2026-12-26T00:00 - … CALENDAR',
    ]);
    expect(closures({ calendars }, { calendar: { include: ['holidays'], exclude: ['fair'] } })).to.deep.equal([
      '… - 2026-12-25T00:00 CALENDAR',
      '2026-12-26T00:00 - … CALENDAR',
    ]);
  });

  it('checks each slot by the dates that held when it was due', () => {
    const later = { ...holidays, revision: 1, dates: ['2026-12-25'], updatedAt: '2026-12-24T12:00:00.000Z' };
    const gone = { ...later, revision: 2, deleted: true, updatedAt: '2026-12-25T06:00:00.000Z' };
    expect(closures({ calendars: [holidays, later, gone] }, exclude)).to.deep.equal([
      '2026-12-24T00:00 - 2026-12-24T12:00 CALENDAR',
      '2026-12-25T00:00 - 2026-12-25T06:00 CALENDAR',
    ]);
    expect(closures({ calendars: [holidays, later, holidays] }, exclude), 'told again').to.deep.equal([
      '2026-12-24T00:00 - 2026-12-24T12:00 CALENDAR',
      '2026-12-25T00:00 - 2026-12-26T00:00 CALENDAR',
    ]);
  });

  it('keeps of a version that was replaced none but the dates that held while it was there', () => {
    const dates = Array.from({ length: 1_000 }, (_, day) => toInstant(at(BEGINNING) + day * 86_400_000).slice(0, 10));
    let ended = 0;
    let period = beginPeriod({ ...holidays, dates });
    for (let minute = 1; minute <= 400; minute++) {
      const next = { ...holidays, dates, revision: minute, updatedAt: toInstant(at(BEGINNING) + minute * 60_000) };
      ended += endPeriod(period, at(next.updatedAt)).days.length;
      period = beginPeriod(next);
    }
    expect(ended).to.equal(400 * 2);
    expect(period.days.byteLength).to.equal(4_000);
  });

  it('has the pauses of its installation, tenant, application and target', () => {
    const bound: Partial<PauseVersion>[] = [
      { scope: 'installation', tenant: 'globex' },
      { scope: 'tenant' },
      { scope: 'application', applicationId: 3 },
      { scope: 'job', jobId: 7 },
      { scope: 'target', target: 'https://api.example.com' },
      { scope: 'target', target: 'api.example.com' },
      { scope: 'target', target: 'api.example.com:443' },
    ];
    for (const of of bound)
      expect(closures({ pauses: [{ ...nine, ...of }] })).to.deep.equal(['2026-03-01T09:00 - … PAUSED']);
    const others: Partial<PauseVersion>[] = [
      { scope: 'tenant', tenant: 'globex' },
      { scope: 'application', applicationId: 4 },
      { scope: 'job', jobId: 3 },
      { scope: 'target', target: 'http://api.example.com' },
      { scope: 'target', target: 'api.example.com', tenant: 'globex' },
    ];
    for (const of of others) expect(closures({ pauses: [{ ...nine, ...of }] })).to.deep.equal([]);
    const target = { ...nine, scope: 'target' as const, target: 'api.example.com' };
    expect(closures({ pauses: [target] }, { target: undefined }), 'it is not known yet').to.deep.equal([]);
  });

  it('keeps pauses that have ended, joined if they meet', () => {
    const lifted = { ...nine, revision: 1, liftedAt: '2026-03-01T10:00:00.000Z' };
    const application = { ...nine, pauseId: 2, scope: 'application' as const, applicationId: 3 };
    const until = { ...application, createdAt: '2026-03-01T09:30:00.000Z', until: '2026-03-01T11:00:00.000Z' };
    const another = { ...nine, pauseId: 3, createdAt: '2026-03-02T09:00:00.000Z' };
    expect(closures({ pauses: [nine, lifted, until, another, nine] })).to.deep.equal([
      '2026-03-01T09:00 - 2026-03-01T11:00 PAUSED',
      '2026-03-02T09:00 - … PAUSED',
    ]);
  });

  it('attribute a slot to its calendar before a pause', () => {
    const calendars = [{ ...holidays, dates: ['2026-03-02'] }];
    const pause = { ...nine, until: '2026-03-03T09:00:00.000Z' };
    expect(closures({ calendars, pauses: [pause] }, exclude)).to.deep.equal([
      '2026-03-01T09:00 - 2026-03-02T00:00 PAUSED',
      '2026-03-02T00:00 - 2026-03-03T00:00 CALENDAR',
      '2026-03-03T00:00 - 2026-03-03T09:00 PAUSED',
    ]);
  });

  it('returns only blackout windows that overlap the requested span', () => {
    const book = createClosureBook();
    book.setCalendar({ ...holidays, dates: ['2026-03-02'] });
    book.setPause(nine);
    const monday = at('2026-03-02T12:00:00Z');
    const found = book.closuresOf({ ...aJob, ...exclude })(monday - 1, monday);
    expect(found.map(({ reason }) => reason)).to.deep.equal(['CALENDAR']);
  });

  it('states which slots are deferred, until the last of adjoining pauses has ended', () => {
    const book = createClosureBook();
    const pauses = [
      ['tenant', '09:00', '10:00', 'all'],
      ['application', '09:30', '11:00', 'last'],
      ['target', '10:50', '11:30', 'skip'],
      ['job', '11:30', '12:00', 'all'],
      ['job', '12:30', '13:00', 'last'],
    ] as const;
    const on = (clock: string) => `2026-03-01T${clock}:00.000Z`;
    for (const [index, [scope, from, until, catchUp]] of pauses.entries()) {
      const { applicationId, jobId = 0, target = '' } = aJob;
      const of = { applicationId, jobId, target, createdAt: on(from), until: on(until) };
      book.setPause({ ...nine, ...of, pauseId: index + 1, scope, catchUp });
    }
    const shown = (ms: number) => new Date(ms).toISOString().slice(11, 16);
    const found = book.closuresOf(aJob)(at(on('08:00')), at(on('14:00')));
    const told = found.map(
      ({ fromMs, untilMs, held }) =>
        `${shown(fromMs)}-${shown(untilMs)} ${held === undefined ? 'skip' : `${held.catchUp} until ${shown(held.untilMs)}`}`,
    );
    expect(told).to.deep.equal([
      '09:00-09:30 all until 12:00',
      '09:30-10:50 last until 12:00',
      '10:50-11:30 skip',
      '11:30-12:00 all until 12:00',
      '12:30-13:00 last until 13:00',
    ]);
    const [early] = book.closuresOf(aJob)(at(on('09:09')), at(on('09:10')));
    expect(early?.held, 'whatever span is asked for').to.deep.equal({ catchUp: 'all', untilMs: at(on('12:00')) });
  });

  it('states until when a job is paused', () => {
    const book = createClosureBook();
    const until = '2026-03-01T10:00:00.000Z';
    book.setPause({ ...nine, until });
    const pausedUntil = (instant: string): number | undefined => book.pausedUntilMs(aJob, at(instant));
    expect(pausedUntil('2026-03-01T09:59:59.999Z')).to.equal(at(until));
    expect(pausedUntil(until)).to.equal(undefined);
    book.setPause({ ...nine, pauseId: 2, scope: 'installation', createdAt: '2026-03-01T09:30:00.000Z' });
    expect(pausedUntil('2026-03-01T09:59:59.999Z')).to.equal(Number.POSITIVE_INFINITY);
    book.setPause({ ...nine, pauseId: 2, scope: 'installation', revision: 1, liftedAt: '2026-03-01T09:45:00.000Z' });
    expect(pausedUntil('2026-03-01T09:50:00.000Z')).to.equal(at(until));
    // The clock of whoever set it may be ahead a little.
    expect(pausedUntil('2026-03-01T08:59:59.990Z')).to.equal(at(until));
  });

  it('has a pause that is to begin from then on, and none that was lifted before', () => {
    const [ten, eleven, noon] = ['10', '11', '12'].map((hour) => `2026-03-01T${hour}:00:00.000Z`);
    const planned: PauseVersion = { ...nine, from: ten, until: noon };
    const other: PauseVersion = { ...nine, pauseId: 2, from: eleven, until: '2026-03-01T13:00:00.000Z' };
    expect(closures({ pauses: [planned, other] })).to.deep.equal(['2026-03-01T10:00 - 2026-03-01T13:00 PAUSED']);
    const lifted = { ...planned, revision: 1, liftedAt: '2026-03-01T09:30:00.000Z' };
    expect(closures({ pauses: [planned, lifted] })).to.deep.equal([]);
    expect(closures({ pauses: [{ ...nine, from: BEGINNING, until: ten }] }), 'not before it was set').to.deep.equal([
      '2026-03-01T09:00 - 2026-03-01T10:00 PAUSED',
    ]);
    const book = createClosureBook();
    book.setPause(planned);
    book.setPause(other);
    const pausedUntil = (instant: string) => book.pausedUntilMs(aJob, at(instant));
    expect(pausedUntil('2026-03-01T09:59:59.999Z')).to.equal(undefined);
    expect(pausedUntil('2026-03-01T10:00:00.000Z')).to.equal(at('2026-03-01T13:00:00.000Z'));
    book.setPause(lifted);
    expect(pausedUntil('2026-03-01T10:00:00.000Z')).to.equal(undefined);
    book.setPause({ ...planned, pauseId: 3, scope: 'installation' });
    expect([
      book.isInstallationPaused(at('2026-03-01T09:30:00Z')),
      book.isInstallationPaused(at('2026-03-01T10:30:00Z')),
    ]).to.deep.equal([false, true]);
  });

  it('keep an active pause beside a future one', () => {
    const book = createClosureBook(10);
    const until = '2026-03-02T00:00:00.000Z';
    book.setPause({ ...nine, until });
    for (let pauseId = 2; pauseId < 50; pauseId++) {
      const createdAt = toInstant(at(nine.createdAt) + pauseId * 1_000);
      book.setPause({ ...nine, pauseId, createdAt, from: '2026-12-01T00:00:00.000Z', liftedAt: createdAt });
    }
    expect(book.pausedUntilMs(aJob, at('2026-03-01T10:00:00Z'))).to.equal(at(until));
  });

  it('states which pauses bind a job at an instant, newest first, for any order of events', () => {
    const stopping: PauseVersion = { ...nine, pauseId: 2, scope: 'jobs', jobs: [7, 1], operationId: 5 };
    const later: PauseVersion = { ...nine, pauseId: 3, createdAt: '2026-03-01T10:00:00.000Z' };
    const lifted: PauseVersion = { ...nine, pauseId: 4, liftedAt: '2026-03-01T09:30:00.000Z' };
    const pauses = [nine, stopping, later, lifted];
    for (const order of [pauses, pauses.toReversed()]) {
      const book = createClosureBook();
      order.forEach(book.setPause);
      const idsAt = (instant: string) => book.pausesAt(aJob, at(instant)).map(({ pauseId }) => pauseId);
      expect(idsAt('2026-03-01T09:15:00Z')).to.deep.equal([4, 2, 1]);
      expect(idsAt('2026-03-01T10:00:00Z')).to.deep.equal([3, 2, 1]);
      expect(idsAt('2026-03-01T08:59:59Z')).to.deep.equal([]);
    }
  });

  it('applies many pauses of a tenant in linear time', () => {
    const book = createClosureBook();
    for (let pauseId = 0; pauseId < 20_000; pauseId++) {
      const fromMs = at(BEGINNING) + pauseId * 2_000;
      book.setPause({ ...nine, pauseId, createdAt: toInstant(fromMs), liftedAt: toInstant(fromMs + 1_000) });
    }
    const lastMs = at(BEGINNING) + 19_999 * 2_000;
    expect(book.pausedUntilMs(aJob, lastMs)).to.equal(lastMs + 1_000);
  }).timeout(5_000);

  it('keeps the newest ended pauses and deleted calendars of each tenant, up to a maximum', () => {
    const book = createClosureBook(10);
    const lifted = (pauseId: number) => ({
      ...nine,
      pauseId,
      scope: 'target' as const,
      target: `a-${pauseId}`,
      liftedAt: nine.createdAt,
    });
    const deleted = (place: number) => ({ ...holidays, name: `c-${place}`, deleted: true, dates: [] });
    for (let place = 0; place < 40; place++) {
      book.setPause({ ...lifted(place), liftedAt: undefined });
      book.setPause({ ...lifted(place), revision: 1 });
      book.setCalendar({ ...deleted(place), deleted: false });
      book.setCalendar({ ...deleted(place), revision: 1 });
    }
    const isForgotten = (place: number) => [book.setPause(lifted(place)), book.setCalendar(deleted(place))];
    expect([0, 39].map(isForgotten)).to.deep.equal([
      [true, true],
      [false, false],
    ]);
  });

  it('keeps all pauses that are active, and the newest of those that ran out', () => {
    const book = createClosureBook(10);
    const before = toInstant(at(nine.createdAt) - 1);
    book.setPause({ ...nine, pauseId: 1, until: '2027-01-01T00:00:00.000Z' });
    book.setPause({ ...nine, pauseId: 2 });
    for (let pauseId = 3; pauseId < 50; pauseId++) book.setPause({ ...nine, pauseId, until: before });
    const isForgotten = (pauseId: number) => book.setPause({ ...nine, pauseId });
    expect([1, 2, 3, 49].map(isForgotten)).to.deep.equal([false, false, true, false]);
  });

  it('equals closures computed hour by hour, for any span', () => {
    fc.assert(
      fc.property(drawn, ({ calendars, pauses, zone, fromHour, hours }) => {
        const book = createClosureBook();
        for (const { versions } of calendars) versions.forEach(book.setCalendar);
        pauses.forEach(book.setPause);
        const named = (use: 'include' | 'exclude') =>
          calendars.flatMap((each) => (each.use === use ? [each.name] : []));
        const job = {
          ...aJob,
          timezone: zone.name,
          calendar: { include: named('include'), exclude: named('exclude') },
        };
        const expected = (hour: number) => closedAt(hourMs(hour), { calendars, pauses, offsetMs: zone.offsetMs });
        const found = book.closuresOf(job)(hourMs(fromHour) - 1, hourMs(fromHour + hours));

        const closedIn = (hour: number) =>
          found.find((each) => each.fromMs <= hourMs(hour) && hourMs(hour) < each.untilMs);
        for (let hour = -30; hour <= HOURS + 30; hour++) {
          const isAskedFor = fromHour <= hour && hour <= fromHour + hours;
          if (isAskedFor) expect(closedIn(hour)?.reason, `hour ${hour}`).to.equal(expected(hour));
          // A closure is whole: whoever meets it may go on where it ends.
          else if (closedIn(hour) !== undefined) expect(expected(hour), `hour ${hour}`).not.to.equal(undefined);
          const pausedUntilMs = book.pausedUntilMs(job, hourMs(hour));
          const isPaused = (each: number) => pausedAt(hourMs(each), pauses);
          // Whoever knows of a pause goes by it, also by a clock that is behind.
          if (pauses.some(({ createdAt }) => at(createdAt) > hourMs(hour))) continue;
          expect(pausedUntilMs !== undefined, `hour ${hour}`).to.equal(isPaused(hour));
          if (pausedUntilMs === undefined) continue;
          for (let each = hour; each <= HOURS + 60 && hourMs(each) < pausedUntilMs; each++)
            expect(isPaused(each), `hour ${each}`).to.equal(true);
          if (pausedUntilMs < Number.POSITIVE_INFINITY) expect(pausedAt(pausedUntilMs, pauses)).to.equal(false);
        }
        for (const [index, { fromMs, untilMs }] of found.entries()) {
          expect(fromMs)
            .to.be.lessThan(untilMs)
            .and.at.most(hourMs(fromHour + hours));
          expect(untilMs).to.be.above(hourMs(fromHour));
          expect(fromMs).to.be.at.least(found[index - 1]?.untilMs ?? Number.NEGATIVE_INFINITY);
        }
      }),
      { numRuns: 80 },
    );
  });
});

const FIRST_DAY = '2026-03-01';
const HOURS = 6 * 24;
const hourMs = (hour: number): number => at(`${FIRST_DAY}T00:00:00Z`) + hour * 3_600_000;
const anHour = fc.integer({ min: 0, max: HOURS });
const someDates = fc
  .uniqueArray(fc.integer({ min: -1, max: 7 }), { maxLength: 4 })
  .map((days) => days.map((day) => new Date(hourMs(day * 24)).toISOString().slice(0, 10)));
/** Hours after which there is another version, what it has, and whether the calendar was deleted instead. */
const someVersions = fc.array(fc.tuple(fc.integer({ min: 1, max: 60 }), someDates, fc.boolean()), { maxLength: 2 });

const aCalendar = fc.record({
  use: fc.constantFrom('include' as const, 'exclude' as const),
  sinceHour: fc.integer({ min: -80, max: 30 }),
  dates: someDates,
  later: someVersions,
});
const aPause = fc.record({
  fromHour: anHour,
  hours: fc.option(fc.integer({ min: 0, max: 60 })),
  /** Between when it is set and when it begins; below 0, it begins when it is set. */
  aheadHours: fc.option(fc.integer({ min: -20, max: 60 })),
  isOfTenant: fc.boolean(),
});

const drawn = fc
  .record({
    given: fc.array(aCalendar, { maxLength: 4 }),
    paused: fc.array(aPause, { maxLength: 4 }),
    zone: fc.constantFrom({ name: 'UTC', offsetMs: 0 }, { name: 'Asia/Tokyo', offsetMs: 9 * 3_600_000 }),
    fromHour: anHour,
    hours: fc.constantFrom(0, 1, 20, HOURS),
  })
  .map(({ given, paused, ...rest }) => ({
    ...rest,
    calendars: given.map(({ use, sinceHour, dates, later }, index) => {
      const first: CalendarVersion = {
        ...{ tenant: 'acme', name: `calendar ${index}`, revision: 0, deleted: false },
        ...{ dates, updatedAt: toInstant(hourMs(sinceHour)) },
      };
      let hour = sinceHour;
      const versions = later.map(([afterHours, after, deleted], number): CalendarVersion => {
        hour += afterHours;
        return { ...first, revision: number + 1, dates: after, deleted, updatedAt: toInstant(hourMs(hour)) };
      });
      return { use, name: first.name, versions: [first, ...versions] };
    }),
    pauses: paused.map(
      ({ fromHour, hours, aheadHours, isOfTenant }, index): PauseVersion => ({
        ...{ pauseId: index, tenant: 'acme', revision: 0, createdAt: toInstant(hourMs(fromHour)), createdBy: 'ann' },
        ...(isOfTenant ? { scope: 'tenant' } : { scope: 'application', applicationId: aJob.applicationId }),
        ...(aheadHours === null ? {} : { from: toInstant(hourMs(fromHour + aheadHours)) }),
        ...(hours === null ? {} : { until: toInstant(hourMs(fromHour + hours)) }),
      }),
    ),
  }));

type Kept = {
  readonly calendars: readonly { readonly use: 'include' | 'exclude'; readonly versions: readonly CalendarVersion[] }[];
  readonly pauses: readonly PauseVersion[];
  readonly offsetMs: number;
};

/** Why a job is closed at an instant, by looking at each calendar and each pause. */
const closedAt = (instantMs: number, { calendars, pauses, offsetMs }: Kept): string | undefined => {
  const date = new Date(instantMs + offsetMs).toISOString().slice(0, 10);
  const has = (versions: readonly CalendarVersion[]): boolean => {
    const activeDefinition = versions.findLast(({ updatedAt }) => at(updatedAt) <= instantMs);
    return activeDefinition !== undefined && !activeDefinition.deleted && activeDefinition.dates.includes(date);
  };
  const included = calendars.filter(({ use }) => use === 'include');
  const isExcluded = calendars.some(({ use, versions }) => use === 'exclude' && has(versions));
  if (isExcluded || (included.length > 0 && !included.some(({ versions }) => has(versions)))) return 'CALENDAR';
  return pausedAt(instantMs, pauses) ? 'PAUSED' : undefined;
};

const pausedAt = (instantMs: number, pauses: readonly PauseVersion[]): boolean =>
  pauses.some(
    ({ createdAt, from = createdAt, until }) =>
      at(createdAt) <= instantMs && at(from) <= instantMs && (until === undefined || instantMs < at(until)),
  );
