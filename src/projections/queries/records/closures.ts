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

const ofPause = Pause.omit({
  pauseId: true,
  tenant: true,
  applicationId: true,
  jobId: true,
  target: true,
  labels: true,
  jobs: true,
});
export const PauseView = z.object({
  id: Pause.shape.pauseId,
  ...ofPause.shape,
  /** The application, job, target or labels of the paused jobs. */
  of: z.union([z.int(), z.string(), z.record(z.string(), z.string())]).optional(),
});
export type PauseView = z.infer<typeof PauseView>;

export const toPauseView = (pause: Pause): PauseView => {
  const { pauseId: id, applicationId, jobId, target, labels } = pause;
  return PauseView.parse({ ...pause, ...defined({ id, of: applicationId ?? jobId ?? target ?? labels }) });
};
