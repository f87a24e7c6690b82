import { z } from 'zod';
import { Instant } from '../values.ts';

/** A schedule that is no pattern: one instant, or an interval such as `90s`, `2w` or `1mo`. */
export const AtOrEvery = z.union([z.object({ at: Instant }), z.object({ every: z.string() })]);
export type AtOrEvery = z.infer<typeof AtOrEvery>;

/** The instant of a schedule of one; undefined for any other. */
export const onceAt = (schedule: AtOrEvery | undefined): Instant | undefined =>
  schedule !== undefined && 'at' in schedule ? schedule.at : undefined;

/** The fields of a job that say when it is due. Exactly one of `pattern` and `schedule` is there. */
export const ScheduleFields = z.object({
  pattern: z.string().optional(),
  schedule: AtOrEvery.optional(),
  /** IANA zone. */
  timezone: z.string(),
  /** Since when this schedule holds. Edits of other fields do not change it. */
  scheduleSince: Instant,
  /** The span includes `startAt` and excludes `endAt`. */
  startAt: Instant.optional(),
  endAt: Instant.optional(),
});
export type ScheduleFields = z.infer<typeof ScheduleFields>;
