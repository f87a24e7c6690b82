import { z } from 'zod';
import { Instant, Tenant } from '../values.ts';

/** A named list of dates of a tenant. Jobs name it to skip their slots on these dates, or on all others. */
export const Calendar = z.object({
  tenant: Tenant,
  name: z.string(),
  /** `YYYY-MM-DD`, sorted, each once. */
  dates: z.array(z.string()),
  description: z.string().optional(),
  /** Slots due from here on are judged by these dates. */
  since: Instant,
  setBy: z.string(),
});
export type Calendar = z.infer<typeof Calendar>;

/** Carries the calendar after the change. */
export const CalendarSet = z.object({ type: z.literal('CalendarSet'), data: Calendar });
/** Carries the calendar as it was; `since` and `setBy` tell when it was deleted, and by whom. */
export const CalendarDeleted = z.object({ type: z.literal('CalendarDeleted'), data: Calendar });

export const CalendarEvent = z.discriminatedUnion('type', [CalendarSet, CalendarDeleted]);
export type CalendarEvent = z.infer<typeof CalendarEvent>;
