import { z } from 'zod';
import { Instant } from '../../domain/values.ts';

/** Schemas of what closes spans of time to the slots of jobs. */

const calendar = { name: z.string(), description: z.string().optional(), since: Instant, setBy: z.string() };
export const CalendarSummarySchema = z.object({ ...calendar, dateCount: z.int() }).meta({ id: 'CalendarSummary' });
export const CalendarSchema = z.object({ ...calendar, dates: z.array(z.string()) }).meta({ id: 'Calendar' });
