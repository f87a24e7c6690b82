import { ScheduleRefused } from './refused.ts';

/** The time between two slots: elapsed time, or days or months of the calendar. */
export type Interval =
  | { readonly kind: 'elapsed'; readonly ms: number }
  | { readonly kind: 'days'; readonly days: number }
  | { readonly kind: 'months'; readonly months: number };

const INTERVAL_UNITS = ['ms', 's', 'm', 'h', 'd', 'w', 'mo'] as const;
type IntervalUnit = (typeof INTERVAL_UNITS)[number];

const ELAPSED_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const;
const SHORTEST_MS = 1_000;
/** 100 years, in each kind. Beyond, no arithmetic on instants is at risk, and no schedule makes sense. */
const LONGEST_DAYS = 36_525;
const LONGEST = { elapsed: LONGEST_DAYS * 86_400_000, days: LONGEST_DAYS, months: 1_200 } as const;

const INTERVAL = /^(\d{1,15})(ms|s|m|h|d|w|mo)$/;
const SHOWN_CHARACTERS = 40;

/** The number and the unit of an interval; undefined if it is malformed. */
export const splitInterval = (text: string): { readonly count: number; readonly unit: IntervalUnit } | undefined => {
  const [, digits, suffix] = INTERVAL.exec(text) ?? [];
  const unit = INTERVAL_UNITS.find((each) => each === suffix);
  return digits === undefined || unit === undefined ? undefined : { count: Number(digits), unit };
};

const intervalOf = (count: number, unit: IntervalUnit): Interval => {
  switch (unit) {
    case 'ms':
    case 's':
    case 'm':
    case 'h':
      return { kind: 'elapsed', ms: count * ELAPSED_MS[unit] };
    case 'd':
      return { kind: 'days', days: count };
    case 'w':
      return { kind: 'days', days: count * 7 };
    case 'mo':
      return { kind: 'months', months: count };
  }
};

const isTooShort = (interval: Interval): boolean => {
  switch (interval.kind) {
    case 'elapsed':
      return interval.ms < SHORTEST_MS;
    case 'days':
      return interval.days < 1;
    case 'months':
      return interval.months < 1;
  }
};

const isTooLong = (interval: Interval): boolean => {
  switch (interval.kind) {
    case 'elapsed':
      return interval.ms > LONGEST.elapsed;
    case 'days':
      return interval.days > LONGEST.days;
    case 'months':
      return interval.months > LONGEST.months;
  }
};

const ALLOWED =
  'a whole number and a unit: ms, s, m (minutes), h, d, w or mo (months), at least one second and at most 100 years';

/**
 * Reads an interval such as `90s`, `2w` or `1mo`.
 * @throws ScheduleRefused BAD_SCHEDULE
 */
export const readInterval = (text: string): Interval => {
  const shown = JSON.stringify(text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text);
  const split = splitInterval(text);
  if (split === undefined) {
    throw new ScheduleRefused('schedule/every', `${shown} is not understood; allowed is ${ALLOWED}`);
  }
  const interval = intervalOf(split.count, split.unit);
  if (isTooShort(interval)) {
    throw new ScheduleRefused('schedule/every', `${shown} is shorter than a second; allowed is ${ALLOWED}`);
  }
  if (isTooLong(interval)) {
    throw new ScheduleRefused('schedule/every', `${shown} is longer than 100 years; allowed is ${ALLOWED}`);
  }
  return interval;
};
