export { ScheduleRefused } from './refused.ts';
export { compileSchedule, type Due, type Schedule, type ScheduleText, slots } from './schedule.ts';
export { isTimezone } from './timezone.ts';
