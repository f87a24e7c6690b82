import { defined } from '../defined.ts';
import type { Alert, AlertBook, AlertRule } from '../events/index.ts';
import { type Instant, toInstant, toMs } from '../values.ts';
import type { AlertVerdict } from './judge.ts';

/** When the rule may notify again: now, or at the end of the maintenance that it is in. Epoch ms. */
export const maintenanceEndMs = ({ maintenance }: AlertRule, nowMs: number): number => {
  let atMs = nowMs;
  // Sorted by start, so one pass also covers overlapping spans.
  for (const { from, to } of maintenance) if (toMs(from) <= atMs && atMs < toMs(to)) atMs = toMs(to);
  return atMs;
};

export const isInMaintenance = (rule: AlertRule, nowMs: number): boolean => maintenanceEndMs(rule, nowMs) > nowMs;

/** Maximum alerts a rule keeps simultaneously; further alerts begin when others have ended. */
export const MAX_ALERTS = 500;

export const newAlertBook = ({ tenant, name }: AlertRule): AlertBook => ({
  tenant,
  rule: name,
  alerts: [],
  notifications: [],
});

/** A job and whether the condition of a rule holds for it. */
export type JobVerdict = {
  readonly job: Pick<Alert, 'jobId' | 'applicationId'> & { readonly name: string };
  readonly verdict: AlertVerdict;
};

/** Returns whether the recorded state of the rule is firing for a job. */
export const isFiring = ({ alerts }: AlertBook, jobId: number): boolean =>
  alerts.some((alert) => alert.jobId === jobId && alert.endedAt === undefined);

/** Returns whether receivers were notified of an alert but not yet of its end. */
export const isFiringAsNotified = ({ alerts }: AlertBook): boolean =>
  alerts.some(({ notifiedBy }) => notifiedBy !== undefined);

/** Returns whether a verdict makes an alert begin or end. */
export const isNews = ({ alerts }: AlertBook, { job, verdict }: JobVerdict): boolean => {
  const alert = alerts.find(({ jobId }) => jobId === job.jobId);
  if (verdict.holds) return alert === undefined ? alerts.length < MAX_ALERTS : alert.endedAt !== undefined;
  return alert !== undefined && alert.endedAt === undefined;
};

/** Applies verdicts in the order they were given. Returns the same book if no verdict changes an alert. */
export const afterVerdicts = (
  book: AlertBook,
  { rule, judged, nowMs }: { readonly rule: AlertRule; readonly judged: readonly JobVerdict[]; readonly nowMs: number },
): AlertBook => {
  const isQuiet = isInMaintenance(rule, nowMs);
  const at = toInstant(nowMs);
  return judged.reduce((now, each) => {
    if (!isNews(now, each)) return now;
    return each.verdict.holds
      ? withAlert(now, begun(now, each.job, { ...each.verdict, at }))
      : withEnd(now, each.job.jobId, { reason: each.verdict.reason, at, isQuiet });
  }, book);
};

type Begin = Extract<AlertVerdict, { holds: true }> & { readonly at: Instant };

const begun = (book: AlertBook, job: JobVerdict['job'], { sinceMs, summary, executionId, at }: Begin): Alert => {
  const { jobId, applicationId, name: jobName } = job;
  // An alert that begins again before its end was notified continues as if it had not ended.
  const before = book.alerts.find((alert) => alert.jobId === jobId);
  return {
    ...{
      jobId,
      applicationId,
      jobName,
      summary,
      changedAt: before?.notifiedBy === undefined ? (before?.changedAt ?? at) : at,
    },
    since: before?.since ?? toInstant(sinceMs),
    ...defined({ executionId }),
    ...(before?.notifiedBy === undefined ? {} : { notifiedBy: before.notifiedBy }),
  };
};

const withAlert = (book: AlertBook, alert: Alert): AlertBook => {
  const others = book.alerts.filter(({ jobId }) => jobId !== alert.jobId);
  return { ...book, alerts: [...others, alert] };
};

type End = { readonly reason: string; readonly at: Instant; readonly isQuiet: boolean };

const withEnd = (book: AlertBook, jobId: number, { reason, at, isQuiet }: End): AlertBook => ({
  ...book,
  alerts: book.alerts.flatMap((alert) => {
    if (alert.jobId !== jobId) return [alert];
    // Alerts that began and ended within maintenance are not notified.
    if (isQuiet && alert.notifiedBy === undefined) return [];
    const changedAt = alert.notifiedBy === undefined ? alert.changedAt : at;
    return [{ ...alert, changedAt, endedAt: at, endReason: reason }];
  }),
});

/** Alerts with a begin or end that was not notified yet. */
export const unnotified = ({ alerts }: AlertBook): readonly Alert[] =>
  alerts.filter(({ notifiedBy, endedAt }) => notifiedBy === undefined || endedAt !== undefined);

/** Since when a notification has been pending; `undefined` if there is none. */
export const unnotifiedSinceMs = (book: AlertBook): number | undefined => {
  const changes = unnotified(book).map(({ changedAt }) => toMs(changedAt));
  return changes.length === 0 ? undefined : Math.min(...changes);
};
