// The queries that need a reader of rows, a clock and the index of slots at the most. A new one is a line here; `Queries`
// has it then. Those that need more are in index.ts.
export {
  allAlertRules,
  countAlertRules,
  getAlertRule,
  hasAlertRules,
  jobsOfAlertRule,
  listAlertRules,
} from './alert-rules.ts';
export { listAlerts, listNotifications } from './alerts.ts';
export { listAudit, tenantsWithOldRefusals } from './audit.ts';
export { getBackfill, listBackfills } from './backfills.ts';
export { getCalendar, listCalendars } from './calendars.ts';
export { countEnded, openErasures } from './erasures.ts';
export { expiredBefore, expiredJobs, expiredSoFar, jobsToExpire } from './expired.ts';
export { getApplication } from './get-application.ts';
export { getValues } from './get-values.ts';
export { jobHistory } from './history/job-history.ts';
export { objectHistory, objectVersion } from './history/object-history.ts';
export { jobEverExisted } from './job-ever-existed.ts';
export { jobGlances } from './job-glances.ts';
export { listApplications } from './list-applications.ts';
export { listJobs } from './list-jobs.ts';
export { loadClosures } from './load-closures.ts';
export { jobsOfApplication, jobsWithCalendar, jobsWithLimit, limitUse, openExecutionsOf } from './naming-jobs.ts';
export { slotDays } from './occurrences/slot-days.ts';
export { getOperation, listOperations, openOperations } from './operations.ts';
export { jobsInNeed } from './overview/attention.ts';
export { hourlyStatistics } from './overview/hours.ts';
export { getPause, listPauses, pausesOfApplication } from './pauses.ts';
export { countItems, selectItems } from './selected-items.ts';
export { slotCounts } from './slot-counts.ts';
export { slotHistory } from './slot-history.ts';
export { upcomingSlots } from './slots/upcoming-slots.ts';
export { statistics } from './statistics.ts';
export { getTenant, listTenants } from './tenants.ts';
export { getToken, listTokens } from './tokens.ts';
