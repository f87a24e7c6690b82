export { ScheduleRejected } from './rejected.ts';
export {
  compileKey,
  compileSchedule,
  hasOneTimeOfDay,
  type JobSlots,
  jobSlots,
  type Schedule,
  scheduleOf,
  skipSchedules,
  slots,
} from './schedule.ts';
export { type ScheduleText, scheduleKey, timezoneOfKey } from './schedule-text.ts';
export { localText, type ShownSlot, shownSlots } from './shown-slots.ts';
export { wallToInstantMs } from './slot-finder.ts';
export { scheduleWords } from './words.ts';
export { isTimezone } from './zone.ts';
