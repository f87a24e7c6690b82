import { expect } from 'chai';
import fc from 'fast-check';
import { beginPeriod, calendarSpans, endPeriod } from '../../../../src/domain/closure/calendars.ts';
import { gapsBetween, overlapping } from '../../../../src/domain/closure/closure.ts';

const DAY_MS = 86_400_000;
const START_MS = Date.UTC(2000, 0, 1);
const ALWAYS = { fromMs: Number.NEGATIVE_INFINITY, untilMs: Number.POSITIVE_INFINITY };
const dateOf = (day: number): string => new Date(START_MS + day * DAY_MS).toISOString().slice(0, 10);
const beginning = (days: readonly number[], sinceDay: number) =>
  beginPeriod({
    ...{ tenant: 'acme', name: 'holidays', revision: 0, deleted: false },
    ...{ dates: days.map(dateOf), updatedAt: new Date(START_MS + sinceDay * DAY_MS).toISOString() },
  });

describe('the spans of a calendar', () => {
  const anyDays = fc.uniqueArray(fc.oneof(fc.nat(25_000), fc.integer({ min: 9_000, max: 9_040 })), { maxLength: 60 });
  const anyWindow = fc.record({ from: fc.nat(25_000 * 24), hours: fc.oneof(fc.nat(48), fc.nat(20_000)) });

  it('are those of all its dates if they meet a window, and so are the gaps', () => {
    fc.assert(
      fc.property(
        anyDays,
        anyDays,
        fc.nat(25_000),
        fc.array(anyWindow, { maxLength: 5 }),
        (first, second, day, windows) => {
          const later = beginning(second, day);
          const periods = [endPeriod(beginning(first, 0), later.fromMs), later];
          for (const timezone of ['UTC', 'America/Havana', 'Pacific/Apia']) {
            const all = calendarSpans(periods, timezone)(ALWAYS);
            const spans = calendarSpans(periods, timezone);
            for (const { from, hours } of windows) {
              const fromMs = START_MS + from * 3_600_000;
              const window = { fromMs, untilMs: fromMs + (hours + 1) * 3_600_000 };
              expect(overlapping(spans(window), window)).to.deep.equal(overlapping(all, window));
              expect(gapsBetween(spans(window), window)).to.deep.equal(gapsBetween(all, window));
            }
          }
        },
      ),
    );
  });

  it('are searched only around the window, for any number of dates', () => {
    const spans = calendarSpans(
      [
        beginning(
          Array.from({ length: 10_000 }, (_, index) => 2 * index),
          0,
        ),
      ],
      'Europe/Berlin',
    );
    const window = { fromMs: START_MS + 9_000 * DAY_MS, untilMs: START_MS + 9_001 * DAY_MS };
    expect(spans(window).length).to.be.within(3, 400);
  });
});
