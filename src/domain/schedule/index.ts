export { ScheduleRefused } from './refused.ts';
export { compileSchedule, type Due, type Schedule, type ScheduleText, slots } from './schedule.ts';
export { type ShownSlot, shownSlots } from './shown-slots.ts';
export { isTimezone } from './timezone.ts';
export { patternWords } from './words.ts';
