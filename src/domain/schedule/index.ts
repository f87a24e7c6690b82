export { jobSlots } from './jitter.ts';
export { ScheduleRefused } from './refused.ts';
export {
  compileKey,
  compileSchedule,
  type JobSlots,
  type Schedule,
  type ScheduleText,
  scheduleKey,
  scheduleOf,
  slots,
} from './schedule.ts';
export { type ShownSlot, shownSlots } from './shown-slots.ts';
export { isTimezone } from './timezone.ts';
export { patternWords } from './words.ts';
