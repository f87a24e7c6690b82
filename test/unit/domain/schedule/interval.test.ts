import { expect } from 'chai';
import fc from 'fast-check';
import { compileSchedule, type Schedule, type ScheduleText, slots } from '../../../../src/domain/schedule/index.ts';
import { type OracleAnchor, type OracleInterval, oracleIntervalSlots } from './interval-oracle.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, walk } from './oracle.ts';
import { slotsAfter } from './support.ts';

const QUARTER_MS = 15 * MINUTE_MS;
/** Spans in which the clock is changed in ways of all kinds. */
const SPANS = [
  ['UTC', '2026-01-01'],
  ['Europe/Berlin', '2026-01-01'],
  ['Australia/Lord_Howe', '2026-01-01'], // by half an hour
  ['America/Havana', '2026-01-01'], // at midnight
  ['America/Sao_Paulo', '2017-09-01'], // a gap at midnight
  ['Pacific/Apia', '2011-02-01'], // skips a day
  ['Pacific/Kwajalein', '1993-05-01'],
  ['Antarctica/Troll', '2023-01-01'], // by two hours
] as const;

const WALKS = SPANS.map(([timezone, day]) => {
  const fromMs = Date.parse(`${day}T00:00:00Z`);
  return { timezone, walked: walk(timezone, { fromMs, untilMs: fromMs + 500 * DAY_MS, stepMs: QUARTER_MS }) };
});

const arbitraryInterval: fc.Arbitrary<OracleInterval> = fc.oneof(
  fc.record({ count: fc.integer({ min: 1, max: 40 }), unit: fc.constant('d' as const) }),
  fc.record({ count: fc.integer({ min: 1, max: 6 }), unit: fc.constant('w' as const) }),
  fc.record({ count: fc.integer({ min: 1, max: 5 }), unit: fc.constant('mo' as const) }),
);

const textOf = (every: string, timezone: string, { atMs, isSlot }: OracleAnchor): ScheduleText => {
  const at = new Date(atMs).toISOString();
  return { schedule: { every }, timezone, scheduleSince: at, ...(isSlot ? { startAt: at } : {}) };
};

/** Asks a schedule in every way for the slots of a span, which are `wanted`. */
const expectSlots = (
  { next, previous, count }: Schedule,
  wanted: readonly number[],
  { afterMs, untilMs }: { readonly afterMs: number; readonly untilMs: number },
): void => {
  const inside = wanted.filter((slotMs) => slotMs > afterMs && slotMs <= untilMs);
  let lastMs = afterMs;
  for (const slotMs of inside) {
    expect(next(lastMs)).to.equal(slotMs);
    expect(next(slotMs - 1)).to.equal(slotMs);
    expect(previous(slotMs, lastMs)).to.equal(slotMs);
    expect(previous(slotMs - 1, lastMs)).to.equal(undefined);
    lastMs = slotMs;
  }
  const end = next(lastMs);
  if (end !== undefined) expect(end).to.be.above(untilMs);
  expect(previous(untilMs, afterMs)).to.equal(inside.at(-1));
  const [first] = inside;
  const last = inside.at(-1);
  const due = first === undefined || last === undefined ? undefined : { count: inside.length, first, last };
  expect(count(afterMs, untilMs, 1_000)).to.deep.equal(due);
};

describe('the slots of an interval', () => {
  it('by the calendar are those that walking through it shows', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...WALKS),
        arbitraryInterval,
        fc.record({ day: fc.nat(460), quarter: fc.nat(95), isSlot: fc.boolean() }),
        fc.record({ after: fc.nat(500), until: fc.nat(500) }),
        ({ timezone, walked }, interval, { day, quarter, isSlot }, { after, until }) => {
          const atMs = walked.fromMs + day * DAY_MS + quarter * QUARTER_MS;
          const anchor = { atMs, isSlot };
          const schedule = compileSchedule(textOf(`${interval.count}${interval.unit}`, timezone, anchor));
          const wanted = oracleIntervalSlots(interval, anchor, walked);
          const endMs = walked.fromMs + 500 * DAY_MS - 1;
          expectSlots(schedule, wanted, { afterMs: walked.fromMs, untilMs: endMs });
          const fromMs = walked.fromMs + Math.min(after, until) * DAY_MS;
          expectSlots(schedule, wanted, { afterMs: fromMs, untilMs: Math.min(endMs, fromMs + until * DAY_MS) });
        },
      ),
      { numRuns: 150 },
    );
  });

  it('by elapsed time are whole intervals apart, in any zone', () => {
    const unitsMs = { ms: 1, s: 1_000, m: MINUTE_MS, h: HOUR_MS } as const;
    fc.assert(
      fc.property(
        fc.constantFrom(...SPANS),
        fc.constantFrom('ms', 's', 'm', 'h'),
        fc.integer({ min: 1, max: 5_000 }),
        fc.record({ atMs: fc.nat(10 * DAY_MS), isSlot: fc.boolean(), slotsAway: fc.nat(20), offMs: fc.nat(5_000) }),
        ([timezone, day], unit, given, { isSlot, slotsAway, offMs, ...anchored }) => {
          const count = unit === 'ms' ? given + 999 : given;
          const atMs = Date.parse(`${day}T00:00:00Z`) + anchored.atMs;
          const schedule = compileSchedule(textOf(`${count}${unit}`, timezone, { atMs, isSlot }));
          const wanted: number[] = isSlot ? [atMs] : [];
          for (let step = 1; step < 40; step++) wanted.push(atMs + step * count * unitsMs[unit]);
          const untilMs = (wanted.at(-1) ?? 0) - 1;
          expectSlots(schedule, wanted, { afterMs: atMs - DAY_MS, untilMs });
          expectSlots(schedule, wanted, { afterMs: (wanted[slotsAway] ?? 0) - offMs, untilMs });
        },
      ),
      { numRuns: 300 },
    );
  });

  it('are found however far away they are', () => {
    const anchor = { atMs: Date.parse('0001-01-31T09:00:00Z'), isSlot: true };
    for (const [every, after, first] of [
      ['1mo', '9999-02-01T00:00:00Z', '9999-02-28T09:00'],
      ['1d', '9999-02-01T00:00:00Z', '9999-02-01T09:00'],
      ['90s', '9999-02-01T09:00:00Z', '9999-02-01T09:01:30.000Z'],
    ] as const) {
      const { previous } = compileSchedule(textOf(every, 'UTC', anchor));
      expect(slotsAfter(textOf(every, 'UTC', anchor), after, 1)).to.deep.equal([first]);
      const slotMs = Date.parse(first.replace(/(T\d\d:\d\d)$/, '$1Z'));
      expect(previous(slotMs, Number.NEGATIVE_INFINITY)).to.equal(slotMs);
    }
    const { count } = compileSchedule(textOf('1s', 'UTC', anchor));
    const untilMs = anchor.atMs + 1_000_000 * DAY_MS;
    expect(count(anchor.atMs - 1, untilMs, 1e12)?.count).to.equal(1_000_000 * 86_400 + 1);
    expect(count(anchor.atMs - 1, untilMs, 10_000)).to.deep.equal({
      count: undefined,
      first: anchor.atMs,
      last: untilMs,
    });
  });
});

describe('the first slot of an interval', () => {
  const since = '2026-01-05T08:00:00.000Z';

  it('is startAt', () => {
    const text = { schedule: { every: '2w' }, timezone: 'Europe/Madrid', scheduleSince: since, startAt: since };
    expect(slotsAfter(text, '2025-01-01T00:00:00Z', 3)).to.deep.equal([
      '2026-01-05T08:00',
      '2026-01-19T08:00',
      '2026-02-02T08:00',
    ]);
  });

  it('is one interval after the schedule took effect if there is no startAt', () => {
    const text = { timezone: 'Europe/Madrid', scheduleSince: since };
    expect(slotsAfter({ ...text, schedule: { every: '90m' } }, since, 2)).to.deep.equal([
      '2026-01-05T09:30',
      '2026-01-05T11:00',
    ]);
    expect(slotsAfter({ ...text, schedule: { every: '1mo' } }, '2025-01-01T00:00:00Z', 2)).to.deep.equal([
      '2026-02-05T08:00',
      '2026-03-05T08:00',
    ]);
  });

  it('is startAt also if the clock shows that time for the second time', () => {
    const startAt = '2026-10-25T01:30:00.000Z';
    const text = { schedule: { every: '1d' }, timezone: 'Europe/Berlin', scheduleSince: since, startAt };
    expect(slotsAfter(text, since, 2)).to.deep.equal(['2026-10-25T01:30', '2026-10-26T01:30']);
    expect(compileSchedule(text).previous(Date.parse('2026-10-25T12:00:00Z'), 0)).to.equal(Date.parse(startAt));
  });
});

describe('an interval of the calendar', () => {
  const from = (startAt: string, every: string, timezone: string): ScheduleText => ({
    schedule: { every },
    timezone,
    startAt,
    scheduleSince: startAt,
  });

  it('takes the last day of a month that lacks the day, and the day again in the next one', () => {
    expect(slotsAfter(from('2027-12-31T09:00:00.000Z', '1mo', 'UTC'), '2027-01-01T00:00:00Z', 6)).to.deep.equal([
      '2027-12-31T09:00',
      '2028-01-31T09:00',
      '2028-02-29T09:00',
      '2028-03-31T09:00',
      '2028-04-30T09:00',
      '2028-05-31T09:00',
    ]);
  });

  it('keeps the time of day when the clock is changed', () => {
    expect(
      slotsAfter(from('2026-03-22T08:00:00.000Z', '1w', 'Europe/Berlin'), '2026-01-01T00:00:00Z', 3),
    ).to.deep.equal(['2026-03-22T08:00', '2026-03-29T07:00', '2026-04-05T07:00']);
  });

  it('fires at the end of a gap, and once in a repeat, at the first', () => {
    expect(
      slotsAfter(from('2026-03-28T01:30:00.000Z', '1d', 'Europe/Berlin'), '2026-01-01T00:00:00Z', 3),
    ).to.deep.equal(['2026-03-28T01:30', '2026-03-29T01:00', '2026-03-30T00:30']);
    expect(
      slotsAfter(from('2026-10-24T00:30:00.000Z', '1d', 'Europe/Berlin'), '2026-01-01T00:00:00Z', 3),
    ).to.deep.equal(['2026-10-24T00:30', '2026-10-25T00:30', '2026-10-26T01:30']);
  });

  it('fires once if a skipped day makes two daily times one instant', () => {
    const text = from('2011-12-28T10:00:00.000Z', '1d', 'Pacific/Apia');
    expect(slotsAfter(text, '2011-01-01T00:00:00Z', 4)).to.deep.equal([
      '2011-12-28T10:00',
      '2011-12-29T10:00',
      '2011-12-30T10:00',
      '2011-12-31T10:00',
    ]);
    const [wall] = slotsAfter(text, '2011-12-29T10:00:00Z', 1);
    expect(wall).to.equal('2011-12-30T10:00');
    const { count } = compileSchedule(text);
    expect(count(Date.parse('2011-12-29T00:00:00Z'), Date.parse('2012-01-02T00:00:00Z'), 100)?.count).to.equal(4);
  });

  it('ends before endAt', () => {
    const text = { ...from('2026-01-01T00:00:00.000Z', '1mo', 'UTC'), endAt: '2026-03-01T00:00:00.000Z' };
    expect(slotsAfter(text, '2025-01-01T00:00:00Z')).to.deep.equal(['2026-01-01T00:00', '2026-02-01T00:00']);
  });
});

describe('a schedule of one instant', () => {
  const text = {
    schedule: { at: '2026-05-02T03:00:00.500Z' },
    timezone: 'UTC',
    scheduleSince: '2026-01-01T00:00:00.000Z',
  };
  const slotMs = Date.parse(text.schedule.at);

  it('has one slot', () => {
    const { next, previous, count } = compileSchedule(text);
    expect([...slots(compileSchedule(text), 0)]).to.deep.equal([slotMs]);
    expect([next(slotMs - 1), next(slotMs)]).to.deep.equal([slotMs, undefined]);
    expect([previous(slotMs, slotMs - 1), previous(slotMs - 1, 0), previous(slotMs, slotMs)]).to.deep.equal([
      slotMs,
      undefined,
      undefined,
    ]);
    expect(count(0, slotMs, 10)).to.deep.equal({ count: 1, first: slotMs, last: slotMs });
    expect(count(slotMs, slotMs + DAY_MS, 10)).to.equal(undefined);
  });

  it('has none if the span excludes it', () => {
    expect(compileSchedule({ ...text, endAt: text.schedule.at }).next(0)).to.equal(undefined);
    expect(compileSchedule({ ...text, startAt: '2026-05-02T03:00:01.000Z' }).next(0)).to.equal(undefined);
  });
});
