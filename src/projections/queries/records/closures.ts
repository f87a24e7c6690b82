import { z } from 'zod';
import { defined } from '../../../domain/defined.ts';
import { Calendar, Pause } from '../../../domain/events/index.ts';
import { bigint, instant, json } from '../row.ts';

const { name, description, updatedAt, updatedBy, dates } = Calendar.shape;
/** A calendar without its dates. */
export const CalendarSummary = z.object({ name, description, updatedAt, updatedBy, dateCount: z.int() });
export type CalendarSummary = z.infer<typeof CalendarSummary>;
export const CalendarView = z.object({ name, description, updatedAt, updatedBy, dates });
export type CalendarView = z.infer<typeof CalendarView>;

/** A version of a calendar, which applies to slots. If deleted, the calendar does not exist from `updatedAt` on. */
export const CalendarVersionRow = z.object({
  tenant: z.string(),
  name: z.string(),
  revision: bigint,
  deleted: z.boolean(),
  updatedAt: instant,
  dates: json.pipe(dates),
});

const {
  tenant: _tenant,
  pauseId,
  applicationId: _,
  jobId: __,
  target: ___,
  labels: ____,
  jobs: _____,
  ...ofPause
} = Pause.shape;
export const PauseView = z.object({
  id: pauseId,
  ...ofPause,
  /** The application, job, target or labels of the paused jobs. */
  of: z.union([z.int(), z.string(), z.record(z.string(), z.string())]).optional(),
});
export type PauseView = z.infer<typeof PauseView>;

export const toPauseView = (pause: Pause): PauseView => {
  const { pauseId: id, tenant: _, applicationId, jobId, target, labels, jobs: __, ...shown } = pause;
  return defined({ id, ...shown, of: applicationId ?? jobId ?? target ?? labels });
};
