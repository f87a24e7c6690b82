import { z } from 'zod';
import { PauseScope } from '../../domain/events/index.ts';
import { Instant } from '../../domain/values.ts';

/** Schemas of what closes spans of time to the slots of jobs. */

const calendar = { name: z.string(), description: z.string().optional(), since: Instant, setBy: z.string() };
export const CalendarSummarySchema = z.object({ ...calendar, dateCount: z.int() }).meta({ id: 'CalendarSummary' });
export const CalendarSchema = z.object({ ...calendar, dates: z.array(z.string()) }).meta({ id: 'Calendar' });

/** Beside what was changed, in the answer to the change. */
const pending = {
  pendingEngines: z
    .array(z.string())
    .optional()
    .meta({ description: 'Engines that have not taken the change in; absent where all have' }),
};
export const ChangedCalendarSchema = CalendarSchema.extend(pending).meta({ id: 'ChangedCalendar' });

export const PauseSchema = z
  .object({
    id: z.int(),
    scope: PauseScope,
    of: z.union([z.int(), z.string()]).optional().meta({ description: 'The application or target that is paused' }),
    reason: z.string().optional(),
    since: Instant,
    until: Instant.optional(),
    setBy: z.string(),
    liftedAt: Instant.optional(),
    liftedBy: z.string().optional(),
  })
  .meta({ id: 'Pause' });
export const SetPauseSchema = PauseSchema.extend(pending).meta({ id: 'SetPauseAnswer' });
