export { jobSlots } from './jitter.ts';
export { dayStartMs } from './placed-slots.ts';
export { ScheduleRefused } from './refused.ts';
export {
  compileKey,
  compileSchedule,
  type JobSlots,
  type Schedule,
  scheduleOf,
  slots,
} from './schedule.ts';
export { type ScheduleText, scheduleKey, timezoneOfKey } from './schedule-text.ts';
export { type ShownSlot, shownSlots } from './shown-slots.ts';
export { isTimezone } from './timezone.ts';
export { scheduleWords } from './words.ts';
