import { expect } from 'chai';
import fc from 'fast-check';
import { ParameterRejected, parseTemplate, resolveTemplate } from '../../../../src/domain/parameters/index.ts';

const ZONES = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'Australia/Lord_Howe',
  'Asia/Kathmandu',
  'America/Santiago',
  'Africa/Casablanca',
  'Pacific/Kiritimati',
] as const;

const fill = (text: string, at: string | number, timezone: string): string =>
  resolveTemplate(parseTemplate(text), {
    atMs: typeof at === 'number' ? at : Date.parse(at),
    timezone,
    variables: new Map(),
    secrets: new Map(),
  }).text;

/** Days since 1970-01-01 by counting whole years and months: nothing of Date's in it. */
const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;
const isLeap = (year: number): boolean => (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
const daysIn = (year: number, month: number): number =>
  month === 2 && isLeap(year) ? 29 : (MONTH_DAYS[month - 1] ?? Number.NaN);
const nextDay = ([year, month, day]: readonly [number, number, number]): [number, number, number] => {
  if (day < daysIn(year, month)) return [year, month, day + 1];
  return month < 12 ? [year, month + 1, 1] : [year + 1, 1, 1];
};
const dayBefore = ([year, month, day]: readonly [number, number, number]): [number, number, number] => {
  if (day > 1) return [year, month, day - 1];
  return month > 1 ? [year, month - 1, daysIn(year, month - 1)] : [year - 1, 12, 31];
};
const asText = (date: readonly [number, number, number]): string =>
  date.map((part, index) => String(part).padStart(index === 0 ? 4 : 2, '0')).join('-');
const asDate = (text: string): [number, number, number] => {
  const [year = Number.NaN, month = Number.NaN, day = Number.NaN] = text.split('-').map(Number);
  return [year, month, day];
};

const clocks = new Map(
  ZONES.map((timeZone) => [
    timeZone,
    new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' }),
  ]),
);
const clockOf = (zone: (typeof ZONES)[number], atMs: number): string => clocks.get(zone)?.format(atMs) ?? '';

const shownOrRejected = (show: () => string): string | undefined => {
  try {
    return show();
  } catch (error) {
    if (error instanceof ParameterRejected) return undefined;
    throw error;
  }
};

const instants = fc.integer({ min: Date.parse('1975-01-01T00:00:00Z'), max: Date.parse('2090-01-01T00:00:00Z') });

describe('parameters: the calendar', () => {
  for (const [text, at, zone, expected] of [
    ['${T:YYYY-MM-DD HH}', '2026-02-04T23:30:00Z', 'Europe/Berlin', '2026-02-05 00'],
    ['${T:Z}', '2026-02-04T00:00:00Z', 'America/New_York', '-05:00'],
    ['${T:Z}', '2026-07-04T00:00:00Z', 'Asia/Kathmandu', '+05:45'],
    ['${T-1:YYYY-MM-DDTHH:mm}', '2026-03-30T10:00:00Z', 'Europe/Berlin', '2026-03-29T12:00'],
    // A day of 23 hours: the same clock time, not 24 hours.
    ['${T-1:X}', '2026-03-30T00:00:00Z', 'Europe/Berlin', String(Date.parse('2026-03-29T01:00:00Z') / 1000)],
    // 02:30 is skipped on 29 March: the first instant after the gap.
    ['${T-1:YYYY-MM-DDTHH:mm:ssZ}', '2026-03-30T00:30:00Z', 'Europe/Berlin', '2026-03-29T03:00:00+02:00'],
    // 02:30 comes twice on 25 October: the first.
    ['${T-1:YYYY-MM-DDTHH:mmZ}', '2026-10-26T01:30:00Z', 'Europe/Berlin', '2026-10-25T02:30+02:00'],
    ['${T+0:HH:mmZ}', '2026-10-25T01:30:00Z', 'Europe/Berlin', '02:30+01:00'],
    ['${T-2h:HH:mmZ}', '2026-10-25T01:30:00Z', 'Europe/Berlin', '01:30+02:00'],
    // 30 December 2011 never came.
    ['${T-1:YYYY-MM-DDTHH:mm}', '2011-12-30T22:00:00Z', 'Pacific/Apia', '2011-12-31T00:00'],
    ['${T-1M:YYYY-MM-DD}', '2026-03-31T12:00:00Z', 'UTC', '2026-02-28'],
    ['${T+1M:YYYY-MM-DD}', '2026-01-31T12:00:00Z', 'UTC', '2026-02-28'],
    ['${T-13M:YYYY-MM-DD}', '2026-01-31T12:00:00Z', 'UTC', '2024-12-31'],
    ['${T+1y:YYYY-MM-DD}', '2024-02-29T12:00:00Z', 'UTC', '2025-02-28'],
    ['${T-4y:YYYY-MM-DD}', '2024-02-29T12:00:00Z', 'UTC', '2020-02-29'],
    ['${T+7973y:YYYY-MM-DD}', '2026-12-31T12:00:00Z', 'UTC', '9999-12-31'],
    ['${T-2025y:YYYY-MM-DD}', '2026-01-01T12:00:00Z', 'UTC', '0001-01-01'],
  ] as const) {
    it(`${text} at ${at} in ${zone} is ${expected}`, () => {
      expect(fill(text, at, zone)).to.equal(expected);
    });
  }

  for (const [text, at, zone] of [
    ['${T+100000y:YYYY}', '2026-01-01T00:00:00Z', 'Pacific/Kiritimati'],
    ['${T-100000y:YYYY}', '2026-01-01T00:00:00Z', 'America/New_York'],
    ['${T+100000w:YYYY}', '9000-01-01T00:00:00Z', 'UTC'],
    ['${T+1s:x}', '9999-12-31T23:59:59Z', 'UTC'],
    ['${T-1M:YYYY-MM}', '0001-01-31T00:00:00Z', 'UTC'],
    // In UTC the year is 9999 still, and on the zone's clock 10000.
    ['${T:YYYY}', '9999-12-31T23:00:00Z', 'Europe/Berlin'],
    ['${T:YYYY}', '0001-01-01T00:00:00Z', 'America/New_York'],
  ] as const) {
    it(`${text} at ${at} in ${zone} is rejected: it leaves the years 1 to 9999`, () => {
      expect(() => fill(text, at, zone)).to.throw(ParameterRejected, 'the years 1 to 9999');
    });
  }

  it('shows what the clock of the zone shows', () => {
    fc.assert(
      fc.property(instants, fc.constantFrom(...ZONES), (atMs, zone) => {
        expect(fill('${T:YYYY-MM-DD HH:mm:ss}', atMs, zone)).to.equal(clockOf(zone, atMs));
      }),
    );
  });

  it('writes an offset by which the instant is found again', () => {
    fc.assert(
      fc.property(instants, fc.constantFrom(...ZONES), (atMs, zone) => {
        const [written = '', epoch] = fill('${T:YYYY-MM-DDTHH:mm:ss.SSSZ}|${T:x}', atMs, zone).split('|');
        expect(Date.parse(written)).to.equal(atMs);
        expect(epoch).to.equal(String(atMs));
      }),
    );
  });

  it('counts days on the calendar of the zone', () => {
    fc.assert(
      fc.property(instants, fc.constantFrom(...ZONES), fc.integer({ min: -800, max: 800 }), (atMs, zone, days) => {
        let date = asDate(clockOf(zone, atMs).slice(0, 10));
        for (let step = 0; step < Math.abs(days); step += 1) date = days > 0 ? nextDay(date) : dayBefore(date);
        // Kiritimati had no 31 December 1994: its clock went on from the 30th to the new year.
        if (zone === 'Pacific/Kiritimati' && asText(date) === '1994-12-31') return;
        const sign = days < 0 ? '-' : '+';
        expect(fill(`\${T${sign}${Math.abs(days)}:YYYY-MM-DD}`, atMs, zone)).to.equal(asText(date));
      }),
    );
  });

  it('keeps the clock time over days, unless that day skips it', () => {
    fc.assert(
      fc.property(instants, fc.constantFrom(...ZONES), fc.integer({ min: 1, max: 800 }), (atMs, zone, days) => {
        const clock = fill('${T:HH:mm:ss.SSS}', atMs, zone);
        const [then = '', x] = fill(`\${T-${days}:HH:mm:ss.SSS}|\${T-${days}:x}`, atMs, zone).split('|');
        if (then === clock) return;
        const justBefore = fill('${T:HH:mm:ss.SSS}', Number(x) - 1, zone);
        expect(justBefore < clock || justBefore.startsWith('23:59'), `${justBefore} ${clock} ${then}`).to.equal(true);
        expect(then > clock).to.equal(true);
      }),
    );
  });

  it('makes no invalid date of any shift', () => {
    fc.assert(
      fc.property(
        instants,
        fc.constantFrom(...ZONES),
        fc.integer({ min: -100_000, max: 100_000 }),
        fc.constantFrom('', 's', 'm', 'h', 'd', 'w', 'M', 'y'),
        (atMs, zone, amount, unit) => {
          const sign = amount < 0 ? '-' : '+';
          const template = `\${T${sign}${Math.abs(amount)}${unit}:YYYY-MM-DDTHH:mm:ss.SSSZ}`;
          const text = shownOrRejected(() => fill(template, atMs, zone));
          // Years before the first and after 9999 are rejected; seconds and hours alone never get there.
          if (text === undefined) expect(unit).to.be.oneOf(['w', 'M', 'y']);
          else expect(text).to.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d$/);
        },
      ),
    );
  });
});
