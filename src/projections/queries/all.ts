// The queries that need a reader of rows, a clock and the index of slots at the most. A new one is a line here; `Queries`
// has it then. Those that need more are in index.ts.
export {
  allAlertRules,
  countAlertRules,
  getAlertRule,
  hasAlertRules,
  jobsOfAlertRule,
  listAlertRules,
  listAlerts,
  listNotifications,
} from './alerts.ts';
export { getApplication, getValues, listApplications } from './applications.ts';
export { listAudit, tenantsWithOldRejections } from './audit.ts';
export { getBackfill, listBackfills } from './backfills.ts';
export { getCalendar, getPause, listCalendars, listPauses, loadClosures, pausesOfApplication } from './closures.ts';
export { expiredBefore, expiredJobs, expiredSoFar, hasRetention, jobsKeeping, jobsToExpire } from './expired.ts';
export { jobHistory, objectHistory, objectVersion } from './history.ts';
export { dueHooks, hookOf, tenantsWithDueHooks } from './hooks.ts';
export { namesOfJobs } from './job-names.ts';
export {
  jobsOfApplication,
  jobsWithCalendar,
  jobsWithHookVariable,
  jobsWithLimit,
  limitUse,
  openExecutionsOf,
} from './job-references.ts';
export { jobSummaries } from './job-summaries.ts';
export { jobEverExisted } from './jobs.ts';
export { slotDays } from './occurrences/slot-days.ts';
export { getOperation, listOperations, openOperations } from './operations.ts';
export { jobsNeedingAttention } from './overview/attention.ts';
export { hourlyStatistics } from './overview/hours.ts';
export { slotHistory } from './slot-history.ts';
export { upcomingSlots } from './slots/upcoming-slots.ts';
export { slotCounts, statistics } from './statistics.ts';
export { countEnded, getTenant, listTenants, openErasures } from './tenants.ts';
export { getToken, listTokens } from './tokens.ts';
