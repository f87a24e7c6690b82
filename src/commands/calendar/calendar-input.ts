import { z } from 'zod';
import { Description } from '../job/job-input.ts';
import { Slug } from '../slug.ts';

const MOST_DATES = 10_000;

export const CalendarNamed = z.strictObject({ name: Slug });

const LocalDate = z.iso
  .date('must be a date such as 2026-12-24')
  .refine((date) => date >= '0001', 'is not of the years 1 to 9999');

/** Dates may come in any order, and more than once. Fields set by the server are ignored: a caller can PUT what it got. */
export const SetCalendar = z.strictObject({
  ...z
    .strictObject({ name: z.unknown(), since: z.unknown(), setBy: z.unknown(), pendingEngines: z.unknown() })
    .partial().shape,
  dates: z
    .array(LocalDate)
    .max(MOST_DATES, `at most ${MOST_DATES} dates`)
    .transform((dates) => [...new Set(dates)].sort()),
  description: Description.nullable().optional(),
});
