import { expect } from 'chai';
import fc from 'fast-check';
import { closableBy, createClosureBook, type PauseVersion } from '../../../../src/domain/closure/closure-book.ts';
import { withMovedSlots } from '../../../../src/domain/closure/shift.ts';
import type { CalendarShift, CatchUp, RuleFields, RunEvent } from '../../../../src/domain/events/index.ts';
import { decideRuns } from '../../../../src/domain/execution/decide.ts';
import { lateReasons } from '../../../../src/domain/execution/lateness.ts';
import { nextWakeupMs } from '../../../../src/domain/execution/next-wakeup.ts';
import { recordOutcome } from '../../../../src/domain/execution/outcome.ts';
import { evolveRuns, initialRuns, type Runs } from '../../../../src/domain/execution/tail.ts';
import { nextRunMs } from '../../../../src/domain/job/job-state.ts';
import { rulesOf } from '../../../../src/domain/job/rules.ts';
import { explainSlot, slotRangeOf } from '../../../../src/domain/ledger/explain-slot.ts';
import { type LedgerState, newLedgerState, takeRunEvent } from '../../../../src/domain/ledger/ledger-state.ts';
import { compileSchedule, slots as slotsAfter } from '../../../../src/domain/schedule/index.ts';
import { toInstant, toMs } from '../../../../src/domain/values.ts';
import { aJob } from '../../../support/jobs.ts';
import { okResult } from '../../../support/run-events.ts';

const DAY_MS = 86_400_000;
const at = (text: string): number => Date.parse(text.length === 10 ? `${text}T09:00Z` : `${text}Z`);
const shown = (ms: number): string => new Date(ms).toISOString().slice(0, 16).replace('T09:00', '');

type Given = {
  readonly shift: CalendarShift;
  readonly pattern?: string;
  readonly timezone?: string;
  readonly exclude?: readonly (readonly string[])[];
  readonly include?: readonly string[];
  readonly pauses?: readonly { readonly from: string; readonly until: string; readonly catchUp?: CatchUp }[];
};

/** A job whose calendars can be set again. */
const jobOf = ({ shift, pattern = '0 9 * * *', timezone = 'UTC', exclude = [], include, pauses = [] }: Given) => {
  const book = createClosureBook();
  let revision = 0;
  const set = (name: string, dates: readonly string[], updatedAt = '2026-01-01T00:00:00.000Z'): void => {
    book.setCalendar({ tenant: 'acme', name, revision: revision++, deleted: false, dates: [...dates], updatedAt });
  };
  for (const [index, dates] of exclude.entries()) set(`out${index}`, dates);
  if (include !== undefined) set('in', include);
  for (const [index, { from, until, catchUp = 'skip' }] of pauses.entries()) {
    const pause = {
      pauseId: index + 1,
      tenant: 'acme',
      scope: 'tenant',
      createdBy: 'ann',
      revision: 0,
      catchUp,
    } as const;
    book.setPause({ ...pause, createdAt: toInstant(at(from)), until: toInstant(at(until)) } satisfies PauseVersion);
  }
  const calendar = {
    shift,
    ...(exclude.length === 0 ? {} : { exclude: exclude.map((_, index) => `out${index}`) }),
    ...(include === undefined ? {} : { include: ['in'] }),
  };
  const definition = aJob({ pattern, timezone, calendar });
  const given = () => ({
    rules: rulesOf(definition),
    slots: compileSchedule(definition),
    closures: book.closuresOf(closableBy(definition)),
  });
  return { book, set, definition, given, timed: () => withMovedSlots(given()) };
};

/** The slots of a span by their day, and the day on which each is due, or why it is not. */
const outcomes = (given: Given, from: string, to: string): string[] => {
  const { slots, closures } = jobOf(given).timed();
  const found: string[] = [];
  for (const slotMs of slotsAfter(slots, at(from) - 1)) {
    if (slotMs > at(to)) break;
    const closure = closures(slotMs - 1, slotMs)[0];
    const held = closure?.held === undefined ? '' : ' later';
    found.push(`${shown(slotMs)} ${closure ? `${closure.reason}${held}` : shown(slots.dueMs(slotMs))}`);
  }
  return found;
};

// 2026-10-24 is a Saturday.
const WEEKEND = ['2026-10-24', '2026-10-25'];
const PAYDAY = '0 9 25 * *';

describe('a slot on a closed day', () => {
  it('moves to the next open day, or to the open day before', () => {
    const given = { pattern: PAYDAY, exclude: [WEEKEND] };
    expect(outcomes({ ...given, shift: 'next' }, '2026-10-20', '2026-10-30')).to.deep.equal(['2026-10-25 2026-10-26']);
    expect(outcomes({ ...given, shift: 'previous' }, '2026-10-20', '2026-10-30')).to.deep.equal([
      '2026-10-25 2026-10-23',
    ]);
  });

  it('moves by up to 31 days', () => {
    const days = (count: number) => Array.from({ length: count }, (_, day) => shown(at('2026-10-25') + day * DAY_MS));
    const given = { shift: 'next', pattern: '0 9 25 10 *' } as const;
    expect(outcomes({ ...given, exclude: [days(31)] }, '2026-10-20', '2026-10-30')).to.deep.equal([
      '2026-10-25 2026-11-25',
    ]);
    expect(outcomes({ ...given, exclude: [days(32)] }, '2026-10-20', '2026-10-30')).to.deep.equal([
      '2026-10-25 CALENDAR',
    ]);
  });

  it('is skipped before the first and after the last date of an included calendar', () => {
    const include = ['2026-10-01', '2026-10-23', '2026-10-27'];
    for (const [shift, october] of [
      ['next', '2026-10-27'],
      ['previous', '2026-10-23'],
    ] as const) {
      expect(outcomes({ shift, pattern: PAYDAY, include }, '2026-09-20', '2026-11-30')).to.deep.equal([
        '2026-09-25 CALENDAR',
        `2026-10-25 ${october}`,
        '2026-11-25 CALENDAR',
      ]);
    }
    expect(outcomes({ shift: 'next', include: [] }, '2026-10-24', '2026-10-24')).to.deep.equal(['2026-10-24 CALENDAR']);
  });

  it('keeps its wall-clock time when the clock changes, and follows the rules of gaps', () => {
    const berlin = { timezone: 'Europe/Berlin', shift: 'next' } as const;
    // The clock was set back on Sunday, the 25th.
    expect(
      outcomes({ ...berlin, pattern: '0 10 24 * *', exclude: [WEEKEND] }, '2026-10-20', '2026-10-30'),
    ).to.deep.equal(['2026-10-24T08:00 2026-10-26']);
    // 02:30 of 29 March is in the gap, and 02:30 of 25 October comes twice.
    const night = { pattern: '30 2 * 3,10 6', timezone: 'Europe/Berlin', shift: 'next' } as const;
    expect(outcomes({ ...night, exclude: [['2026-03-28']] }, '2026-03-28T00:00', '2026-03-28T12:00')).to.deep.equal([
      '2026-03-28T01:30 2026-03-29T01:00',
    ]);
    expect(outcomes({ ...night, exclude: [['2026-10-24']] }, '2026-10-24T00:00', '2026-10-24T12:00')).to.deep.equal([
      '2026-10-24T00:30 2026-10-25T00:30',
    ]);
    const sundays = { ...night, pattern: '30 2 * 3 0', exclude: [['2026-03-29']] };
    expect(outcomes(sundays, '2026-03-29T00:00', '2026-03-29T12:00')).to.deep.equal([
      '2026-03-29T01:00 2026-03-30T00:30',
    ]);
  });

  it('follows the pause that it is due in', () => {
    const given = { pattern: '0 9 25,27 * *', exclude: [WEEKEND] };
    const monday = { from: '2026-10-26T08:00', until: '2026-10-26T10:00' };
    const sunday = { from: '2026-10-25T08:00', until: '2026-10-25T10:00' };
    const friday = { from: '2026-10-23T08:00', until: '2026-10-23T10:00', catchUp: 'last' } as const;
    const of = (shift: CalendarShift, pauses: Given['pauses']) =>
      outcomes({ ...given, shift, ...(pauses && { pauses }) }, '2026-10-24', '2026-10-28');
    expect(of('next', [sunday])).to.deep.equal(['2026-10-25 2026-10-26', '2026-10-27 2026-10-27']);
    expect(of('next', [monday])).to.deep.equal(['2026-10-25 PAUSED', '2026-10-27 2026-10-27']);
    expect(of('previous', [monday])).to.deep.equal(['2026-10-25 2026-10-23', '2026-10-27 2026-10-27']);
    expect(of('previous', [friday])).to.deep.equal(['2026-10-25 PAUSED later', '2026-10-27 2026-10-27']);
  });

  it('is the next run of its job when it is due', () => {
    const next = (shift: CalendarShift, now: string, cursor?: string) => {
      const { definition, given } = jobOf({ pattern: PAYDAY, exclude: [WEEKEND], shift });
      const cursorMs = cursor === undefined ? undefined : at(cursor);
      const ms = nextRunMs(
        { ...definition, jobId: 1 },
        { nowMs: at(now), runs: 0, closures: given().closures, cursorMs },
      );
      return ms && shown(ms);
    };
    expect(next('next', '2026-10-25T12:00')).to.equal('2026-10-26');
    expect(next('next', '2026-10-26T12:00')).to.equal('2026-11-25');
    expect(next('previous', '2026-10-22T12:00')).to.equal('2026-10-23');
    expect(next('previous', '2026-10-24T12:00')).to.equal('2026-11-25');
    expect(next('next', '2026-10-25T12:00', '2026-10-25')).to.equal('2026-11-25');
  });
});

type Calendar = { readonly zone: string; readonly pattern: string; readonly closed: readonly number[] };
const FIRST_DAY_MS = Date.parse('2026-03-01T00:00Z');
const DAYS = 60;
const anyCalendar: fc.Arbitrary<Calendar> = fc.record({
  zone: fc.constantFrom('UTC', 'Europe/Berlin', 'America/Santiago', 'Pacific/Auckland'),
  pattern: fc.constantFrom('0 9 * * *', '30 2 */3 * *', '0 0 1,10,25 * *', '15 23 * * 1,5', '59 23 13 * *'),
  closed: fc.uniqueArray(fc.integer({ min: 0, max: DAYS }), { maxLength: 40 }),
});
const dateOf = (day: number): string => toInstant(FIRST_DAY_MS + day * DAY_MS).slice(0, 10);

const clocks = new Map<string, Intl.DateTimeFormat>();
const clockOf = (timeZone: string): Intl.DateTimeFormat => {
  const clock =
    clocks.get(timeZone) ?? new Intl.DateTimeFormat('sv', { timeZone, dateStyle: 'short', timeStyle: 'medium' });
  clocks.set(timeZone, clock);
  return clock;
};
/** The date and the time of day that the clock of a zone shows. */
const wallOf = (ms: number, zone: string): { readonly date: string; readonly time: string } => {
  const [date = '', time = ''] = clockOf(zone).format(ms).split(' ');
  return { date, time };
};

describe('moved slots', () => {
  it('are due on the day that counting day by day finds, once a day, at their time', () => {
    fc.assert(
      fc.property(
        anyCalendar,
        fc.constantFrom<CalendarShift>('next', 'previous'),
        ({ zone, pattern, closed }, shift) => {
          const dates = closed.map(dateOf);
          const { timed } = jobOf({ shift, pattern, timezone: zone, exclude: [dates.slice(0, 9), dates.slice(9)] });
          const { slots, closures } = timed();
          const all = [
            ...takeUntil(slotsAfter(slots, FIRST_DAY_MS - 40 * DAY_MS), FIRST_DAY_MS + (DAYS + 80) * DAY_MS),
          ];
          const isClosed = (date: string): boolean => dates.includes(date);
          const own = new Set(all.map((slotMs) => wallOf(slotMs, zone).date));
          const step = shift === 'next' ? 1 : -1;
          /** Walks from a date to an open one, unless another slot is on the way. */
          const naive = (date: string): string | undefined => {
            let day = Date.parse(date);
            for (let days = 0; isClosed(toInstant(day).slice(0, 10)); days++) {
              day += step * DAY_MS;
              if (days === 31 || own.has(toInstant(day).slice(0, 10))) return undefined;
            }
            return toInstant(day).slice(0, 10);
          };
          let lastMs = Number.NEGATIVE_INFINITY;
          for (const slotMs of all) {
            const { date, time } = wallOf(slotMs, zone);
            const isSkipped = closures(slotMs - 1, slotMs).length > 0;
            const dueMs = slots.dueMs(slotMs);
            const due = wallOf(dueMs, zone);
            expect(isSkipped ? undefined : due.date, `${date} ${closed.length}`).to.equal(naive(date));
            if (isSkipped) continue;
            expect(dueMs).to.be.greaterThan(lastMs);
            lastMs = dueMs;
            // Only a time in a gap is another one.
            if (time !== due.time) expect(['02:30:00', '00:00:00', '03:00:00', '01:00:00']).to.include(time);
          }
        },
      ),
      { numRuns: 150 },
    );
  });

  it('have the place among the slots that trying each of them finds', () => {
    fc.assert(
      fc.property(
        anyCalendar,
        fc.constantFrom<CalendarShift>('next', 'previous'),
        fc.integer({ min: -10, max: DAYS + 10 }),
        fc.integer({ min: 0, max: DAY_MS - 1 }),
        ({ zone, pattern, closed }, shift, day, ofDayMs) => {
          const nowMs = FIRST_DAY_MS + day * DAY_MS + ofDayMs;
          const { slots } = jobOf({ shift, pattern, timezone: zone, exclude: [closed.map(dateOf)] }).timed();
          const all = [...takeUntil(slotsAfter(slots, nowMs - 80 * DAY_MS), nowMs + 80 * DAY_MS)];
          const due = all.filter((slotMs) => slots.dueMs(slotMs) <= nowMs);
          expect(slots.lastDue(nowMs, nowMs - 80 * DAY_MS)).to.equal(due.at(-1));
          expect(all.filter((slotMs) => slotMs <= slots.placeMs(nowMs))).to.deep.equal(due);
        },
      ),
      { numRuns: 300 },
    );
  });
});

function* takeUntil(all: Iterable<number>, untilMs: number): Generator<number> {
  for (const each of all) {
    if (each > untilMs) return;
    yield each;
  }
}

type Settled = {
  readonly slotMs: number;
  readonly how: string;
  readonly dueAt: string | undefined;
  readonly atMs: number;
};

/** An engine that decides on a job when it wants to be looked at, and calls that take no time. */
const engineOf = (job: ReturnType<typeof jobOf>, fields: RuleFields, from: string) => {
  const { book, definition, given } = job;
  const closable = closableBy(definition);
  const rules = rulesOf({ ...fields, calendar: definition.calendar });
  const slots = compileSchedule(definition);
  const period = { jobRevision: 0, afterMs: at(from), untilMs: Number.POSITIVE_INFINITY, slots, rules };
  const ref = { tenant: 'acme', applicationId: 3, jobId: 7 };
  let runs: Runs = { ...initialRuns, jobRevision: 0, cursorMs: at(from) };
  let account: LedgerState = { ...newLedgerState, period, runs };
  let executionId = 0;
  const settled: Settled[] = [];
  const take = (events: readonly RunEvent[], atMs: number): void => {
    for (const event of events) {
      const taken = takeRunEvent(account, event, () => period);
      expect(taken.faults).to.deep.equal([]);
      account = taken.account;
      runs = evolveRuns(runs, event);
      if (event.type === 'ExecutionStarted') {
        const { scheduledAt, dueAt, late } = event.data;
        settled.push({ slotMs: toMs(scheduledAt), how: late === undefined ? 'called' : `late ${late}`, dueAt, atMs });
      }
      const range = slotRangeOf(event);
      if (range === undefined) continue;
      for (const slotMs of takeUntil(slotsAfter(slots, range.firstMs - 1), range.lastMs))
        settled.push({ slotMs, how: `${range.outcome} ${range.reason}`, dueAt: undefined, atMs });
    }
  };
  const now = (nowMs: number) => {
    const isPaused = book.pausedUntilMs(closable, nowMs) !== undefined;
    return { ...given(), rules, slots, status: 'enabled' as const, isPaused, nowMs, aheadMs: 200 };
  };
  /** As the engine's table of jobs computes it. */
  const wakeMs = (nowMs: number): number => {
    const look = { ...now(nowMs), waitsForPlace: false, waitsForLimit: false };
    const pausedUntilMs = book.pausedUntilMs(closable, nowMs);
    const openMs = nextWakeupMs(runs, { ...look, isPaused: false });
    return pausedUntilMs === undefined
      ? openMs
      : Math.min(nextWakeupMs(runs, { ...look, isPaused: true }), Math.max(pausedUntilMs, openMs));
  };
  const lookAt = (nowMs: number): void => {
    for (let looks = 0; wakeMs(nowMs) <= nowMs; looks++) {
      expect(looks).to.be.lessThan(1_000);
      executionId += 1;
      const random = { randomFraction: 0.5, defaultHooks: {} };
      const datesSinceMs = book.datesSinceMs(closable);
      const lateBecause = lateReasons({ claimingSinceMs: 0, datesSinceMs, sinceThen: 'ENGINE_BEHIND' });
      const room = { mayCall: true, atLimit: false, engineId: 'e1', executionId, lateBecause };
      const decided = decideRuns(runs, { ...now(nowMs), ...random, ...room, job: ref });
      expect(decided, `the look at ${toInstant(nowMs)} has something to decide`).not.to.deep.equal([]);
      take(decided, nowMs);
      for (const open of runs.open) {
        const times = { startedAtMs: nowMs, finishedAtMs: nowMs };
        const outcome = { kind: 'succeeded' as const, ...times, result: okResult };
        const execution = { executionId: open.executionId, attempt: 1, engineId: 'e1' };
        take(recordOutcome(runs, { ...now(nowMs), ...random, job: ref, execution, outcome, delay: undefined }), nowMs);
      }
    }
  };
  /** Looks at every time at which the engine wants to, up to an instant. */
  const runUntil = (untilMs: number): void => {
    for (let nowMs = Math.max(wakeMs(at(from)), at(from)); nowMs <= untilMs; nowMs = Math.max(wakeMs(nowMs), nowMs + 1))
      lookAt(nowMs);
  };
  return {
    settled,
    lookAt,
    runs: () => runs,
    runUntil: (until: string): string[] => {
      const before = settled.length;
      runUntil(at(until));
      return settled
        .slice(before)
        .map(
          ({ slotMs, how, dueAt }) =>
            `${how} ${shown(slotMs)}${dueAt === undefined ? '' : ` due ${shown(toMs(dueAt))}`}`,
        );
    },
    explain: (slot: string, nowIs: string) =>
      explainSlot(at(slot), {}, { period, runs, closures: given().closures, nowMs: at(nowIs) }),
  };
};

describe('a job with slots that move', () => {
  const engine = (given: Partial<Given>, fields: RuleFields = {}, from = '2026-10-20') => {
    const job = jobOf({ shift: 'next', pattern: PAYDAY, exclude: [WEEKEND], ...given });
    return { ...engineOf(job, fields, from), set: job.set };
  };

  it('calls each once, when it is due', () => {
    const next = engine({});
    expect(next.runUntil('2026-10-26T08:59')).to.deep.equal([]);
    expect(next.runUntil('2026-12-30')).to.deep.equal([
      'called 2026-10-25 due 2026-10-26',
      'called 2026-11-25',
      'called 2026-12-25',
    ]);
    const previous = engine({ shift: 'previous' });
    expect(previous.runUntil('2026-10-23T08:59')).to.deep.equal([]);
    expect(previous.runUntil('2026-11-30')).to.deep.equal(['called 2026-10-25 due 2026-10-23', 'called 2026-11-25']);
  });

  it('explains the instants that its slots move to', () => {
    const next = engine({});
    const due = { outcome: 'due', dueAt: '2026-10-26T09:00:00.000Z' };
    expect(next.explain('2026-10-25', '2026-10-20')).to.deep.equal(due);
    expect(next.explain('2026-10-25', '2026-10-25T20:00')).to.deep.equal(due);
    const excluded = engine({ exclude: [], include: [] });
    expect(excluded.explain('2026-10-25', '2026-10-20')).to.deep.equal({
      ...{ outcome: 'due', expected: 'skipped', expectedReason: 'CALENDAR' },
    });
    expect(excluded.runUntil('2026-10-26')).to.deep.equal(['skipped CALENDAR 2026-10-25']);
  });

  it('follows a change of the calendar until a slot is claimed, and never calls it again', () => {
    const closed = engine({});
    closed.set('out0', [...WEEKEND, '2026-10-26']);
    expect(closed.runUntil('2026-10-27')).to.deep.equal(['called 2026-10-25 due 2026-10-27']);
    closed.set('out0', [...WEEKEND, '2026-10-26', '2026-10-27', '2026-10-28']);
    expect(closed.runUntil('2026-11-20')).to.deep.equal([]);
    const opened = engine({ shift: 'previous' });
    expect(opened.runUntil('2026-10-23')).to.deep.equal(['called 2026-10-25 due 2026-10-23']);
    opened.set('out0', []);
    expect(opened.runUntil('2026-11-25')).to.deep.equal(['called 2026-11-25']);
  });

  it('applies misfire to a slot that a change of the calendar moves into the past', () => {
    const moved = (fields: RuleFields) => {
      const job = engine({ shift: 'previous', exclude: [[]] }, fields);
      expect(job.runUntil('2026-10-24T12:00')).to.deep.equal([]);
      job.set('out0', WEEKEND, '2026-10-24T12:00:00.000Z');
      job.lookAt(at('2026-10-24T12:01'));
      return job.settled.map(({ how }) => how);
    };
    expect(moved({})).to.deep.equal(['late CALENDAR']);
    expect(moved({ misfire: 'all' })).to.deep.equal(['late CALENDAR']);
    expect(moved({ misfire: 'skip' })).to.deep.equal(['missed CALENDAR']);
    expect(moved({ maxLateness: '1d' })).to.deep.equal(['missed TOO_LATE']);
    expect(moved({ maxLateness: '2d' })).to.deep.equal(['late CALENDAR']);
  });

  it('applies pauses and their catch-up at the time at which a slot is due', () => {
    const friday = { from: '2026-10-23T08:00', until: '2026-10-24T12:00' };
    for (const catchUp of ['last', 'all'] as const) {
      const paused = engine({ shift: 'previous', pauses: [{ ...friday, catchUp }] });
      expect(paused.explain('2026-10-25', '2026-10-20')).to.deep.equal({
        ...{ outcome: 'due', expected: 'late', expectedReason: 'PAUSED', dueAt: '2026-10-23T09:00:00.000Z' },
      });
      expect(paused.runUntil('2026-10-24T11:59')).to.deep.equal([]);
      expect(paused.runUntil('2026-10-24T12:00')).to.deep.equal(['late PAUSED 2026-10-25 due 2026-10-23']);
    }
    const skipping = engine({ shift: 'previous', pauses: [friday] });
    expect(skipping.runUntil('2026-10-26')).to.deep.equal(['skipped PAUSED 2026-10-25']);
    const monday = { from: '2026-10-26T08:00', until: '2026-10-26T12:00', catchUp: 'last' } as const;
    expect(engine({ pauses: [monday] }).runUntil('2026-10-27')).to.deep.equal([
      'late PAUSED 2026-10-25 due 2026-10-26',
    ]);
  });
});

type Step = { readonly afterHours: number; readonly closed: readonly number[] | undefined; readonly isAway: boolean };
const anySteps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.record({
    afterHours: fc.integer({ min: 1, max: 200 }),
    closed: fc.option(fc.uniqueArray(fc.integer({ min: 0, max: DAYS }), { maxLength: 40 }), { nil: undefined }),
    isAway: fc.boolean(),
  }),
  { minLength: 5, maxLength: 12 },
);

describe('the slots of any job that moves them', () => {
  it('are each called or explained, once and in order, on days that were open, for any changes of calendars', () => {
    const rule = fc.record(
      { misfire: fc.constantFrom('last', 'skip', 'all'), maxLateness: fc.constantFrom('1d', '9d') },
      { requiredKeys: [] },
    );
    const pause = fc.record({
      fromH: fc.integer({ min: 0, max: 24 * DAYS }),
      forH: fc.integer({ min: 1, max: 240 }),
      catchUp: fc.constantFrom<CatchUp>('skip', 'last', 'all'),
    });
    fc.assert(
      fc.property(
        anyCalendar,
        fc.constantFrom<CalendarShift>('next', 'previous'),
        rule as fc.Arbitrary<RuleFields>,
        fc.array(pause, { maxLength: 3 }),
        anySteps,
        ({ zone, pattern, closed }, shift, fields, pauses, steps) => {
          const hour = (hours: number): string => toInstant(FIRST_DAY_MS + hours * 3_600_000).slice(0, 16);
          const paused = pauses.map(({ fromH, forH, catchUp }) => ({
            from: hour(fromH),
            until: hour(fromH + forH),
            catchUp,
          }));
          const job = jobOf({ shift, pattern, timezone: zone, exclude: [closed.map(dateOf)], pauses: paused });
          const from = toInstant(FIRST_DAY_MS).slice(0, 16);
          const engine = engineOf(job, fields, from);
          let open = closed.map(dateOf);
          let nowMs = FIRST_DAY_MS;
          for (const { afterHours, closed: next, isAway } of steps) {
            const before = engine.settled.length;
            nowMs += afterHours * 3_600_000;
            if (isAway) engine.lookAt(nowMs);
            else engine.runUntil(toInstant(nowMs).slice(0, 16));
            for (const { slotMs, how, dueAt, atMs } of engine.settled.slice(before)) {
              if (how.startsWith('skipped') || how.startsWith('missed')) continue;
              const dueMs = dueAt === undefined ? slotMs : toMs(dueAt);
              expect(open).not.to.include(wallOf(dueMs, zone).date);
              expect(atMs).to.be.at.least(dueMs - 200);
            }
            if (next === undefined) continue;
            open = next.map(dateOf);
            job.set('out0', open);
          }
          const { cursorMs, catchUp } = engine.runs();
          const kept = (ms: number) => catchUp.some(({ afterMs, untilMs }) => afterMs < ms && ms <= untilMs);
          const all = [...takeUntil(slotsAfter(compileSchedule(job.definition), at(from)), cursorMs)];
          const found = engine.settled.map(({ slotMs }) => slotMs).sort((a, b) => a - b);
          expect(found).to.deep.equal(all.filter((ms) => !kept(ms)));
          // What is due and neither called nor skipped waits for the end of a pause.
          engine.lookAt(nowMs);
          const { slots, closures } = job.timed();
          const unsettled = [...takeUntil(slotsAfter(slots, engine.runs().cursorMs), slots.placeMs(nowMs))];
          const isPaused = job.book.pausedUntilMs(closableBy(job.definition), nowMs) !== undefined;
          const callable = unsettled.filter((slotMs) => closures(slotMs - 1, slotMs).length === 0);
          if (!isPaused) expect(callable).to.deep.equal([]);
        },
      ),
      { numRuns: 200 },
    );
  });
});
