export { type JobSlots, jobSlots } from './jitter.ts';
export { ScheduleRefused } from './refused.ts';
export {
  compileKey,
  compileSchedule,
  type Schedule,
  type ScheduleText,
  scheduleKey,
  scheduleOf,
  slots,
} from './schedule.ts';
export { type ShownSlot, shownSlots } from './shown-slots.ts';
export { isTimezone } from './timezone.ts';
export { patternWords } from './words.ts';
