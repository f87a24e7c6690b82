import { ScheduleRefused } from './refused.ts';

/** The time between two slots: so many milliseconds of elapsed time, or days or months of the calendar. */
export type Interval = { readonly kind: 'elapsed'; readonly length: number } | CalendarInterval;
export type CalendarInterval = { readonly kind: 'days' | 'months'; readonly length: number };

const UNITS: Readonly<Record<string, Interval>> = {
  ms: { kind: 'elapsed', length: 1 },
  s: { kind: 'elapsed', length: 1_000 },
  m: { kind: 'elapsed', length: 60_000 },
  h: { kind: 'elapsed', length: 3_600_000 },
  d: { kind: 'days', length: 1 },
  w: { kind: 'days', length: 7 },
  mo: { kind: 'months', length: 1 },
};

/** A hundred years is far from where instants cannot be computed any more. */
const BOUNDS = {
  elapsed: { least: 1_000, most: 36_525 * 86_400_000 },
  days: { least: 1, most: 36_525 },
  months: { least: 1, most: 1_200 },
} as const;

const INTERVAL = new RegExp(`^(\\d{1,15})(${Object.keys(UNITS).join('|')})$`);
const SHOWN_CHARACTERS = 40;

const refuse = (text: string, why: string): ScheduleRefused => {
  const shown = JSON.stringify(text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text);
  return new ScheduleRefused(
    'schedule/every',
    `${shown} is ${why}; allowed is a whole number and a unit: ms, s, m (minutes), h, d, w or mo (months), at least one second and at most 100 years`,
  );
};

/**
 * Reads an interval such as `90s`, `2w` or `1mo`.
 * @throws ScheduleRefused BAD_SCHEDULE
 */
export const readInterval = (text: string): Interval => {
  const [, digits, suffix = ''] = INTERVAL.exec(text) ?? [];
  const unit = UNITS[suffix];
  if (unit === undefined) throw refuse(text, 'not understood');
  const interval = { ...unit, length: Number(digits) * unit.length };
  const { least, most } = BOUNDS[interval.kind];
  if (interval.length < least) throw refuse(text, 'shorter than a second');
  if (interval.length > most) throw refuse(text, 'longer than 100 years');
  return interval;
};
