import { type FragmentSqlToken, sql } from 'slonik';
import { z } from 'zod';
import type { Blackouts } from '../../domain/closure/closure.ts';
import { AlertRule, type Notification } from '../../domain/events/index.ts';
import { isCompleted, nextRunMs } from '../../domain/job/job-state.ts';
import type { Tenant } from '../../domain/values.ts';
import { createYielder } from '../yielder.ts';
import type { QueryContext } from './context.ts';
import { countDocuments, type DocumentRow, documentQueries, isCurrent, readDocuments } from './documents.ts';
import { hasAny } from './filters.ts';
import { keysetOf } from './keyset.ts';
import { allOf, type ListPage, type PageRequest, toListPage } from './page.ts';
import { type AlertRuleView, type AlertView, alertBookRecord, alertRecord } from './records/alerts.ts';
import { bigint, isId, storableJson } from './row.ts';
import { isOfBound, type TenantScope, visible } from './scope.ts';
import { views } from './views.ts';

const JobRow = z.object({ job_id: bigint });

const LIVING = sql.fragment`NOT document.ended`;
const ruleView = ({ doc: rule, revision }: DocumentRow<AlertRule>): AlertRuleView => ({ rule, revision });
const rulesWhere = (where: FragmentSqlToken) => ({ kind: 'alertRule' as const, where, schema: AlertRule });

/** A tenant's alert rules. */
export const alertRules = documentQueries<AlertRule, AlertRuleView, TenantScope>({
  kind: 'alertRule',
  schema: AlertRule,
  visibleIn: isCurrent,
  listedIn: (scope) => isOfBound(scope, sql.fragment`document`),
  order: 'by name',
  item: ruleView,
});

export const countAlertRules =
  ({ readerFor }: QueryContext) =>
  (tenant: Tenant): Promise<number> =>
    countDocuments(readerFor({}), rulesWhere(isCurrent({ tenant })));

/** Whether any tenant has an alert rule. */
export const hasAlertRules =
  ({ readerFor }: QueryContext) =>
  async (): Promise<boolean> =>
    (await countDocuments(readerFor({}), rulesWhere(LIVING))) > 0;

export const allAlertRules =
  ({ readerFor }: QueryContext) =>
  async (): Promise<readonly AlertRuleView[]> =>
    (await readDocuments(readerFor({}), rulesWhere(LIVING))).map(ruleView);

type RuleScope = Pick<AlertRule, 'tenant' | 'jobId' | 'applicationId' | 'labels'>;

/** A condition on `job`: the rule watches it. */
const isWatched = ({ tenant, jobId, applicationId, labels }: RuleScope): FragmentSqlToken =>
  allOf([
    sql.fragment`job.tenant = ${tenant} AND NOT job.deleted`,
    ...(jobId === undefined ? [] : [sql.fragment`job.job_id = ${jobId}`]),
    ...(applicationId === undefined ? [] : [sql.fragment`job.application_id = ${applicationId}`]),
    ...(hasAny(labels) ? [sql.fragment`job.labels @> ${storableJson(labels)}::jsonb`] : []),
  ]);

/** The jobs that a rule watches, including disabled ones. */
export const jobsOfAlertRule =
  ({ readerFor }: QueryContext) =>
  async (rule: RuleScope): Promise<readonly number[]> => {
    if (rule.jobId !== undefined) return [rule.jobId];
    const rows = await readerFor({}).any(sql.type(JobRow)`
      SELECT job.job_id FROM ${views.jobs} AS job WHERE ${isWatched(rule)}`);
    return rows.map(({ job_id }) => job_id);
  };

const ScheduledRow = JobRow.extend({ revision: bigint });

/** The enabled jobs that a rule watches whose calendars exclude every slot to come. Pauses don't count. */
export const jobsWithoutSlots =
  ({ readerFor, slotIndex, clock }: QueryContext) =>
  async (rule: RuleScope): Promise<readonly number[]> => {
    const reader = readerFor({});
    const nowMs = clock.now();
    const rows = await reader.any(sql.type(ScheduledRow)`
      SELECT job.job_id, job.revision FROM ${views.jobs} AS job JOIN ${views.schedule} AS scheduled USING (job_id)
      WHERE ${isWatched(rule)} AND job.enabled AND scheduled.rules LIKE '%"calendar"%'`);
    const revisions = rows.map(({ job_id, revision }) => ({ jobId: job_id, revision }));
    const others = createYielder(clock);
    const without: number[] = [];
    for (const job of await slotIndex.jobsOf(reader, revisions, nowMs)) {
      const { jobId, runs, nextMs } = job;
      const closures: Blackouts = (afterMs, untilMs) =>
        job.closures(afterMs, untilMs).filter(({ reason }) => reason === 'CALENDAR');
      const isExcluded = nextMs === undefined && nextRunMs(job, { nowMs, runs, closures }) === undefined;
      if (isExcluded && !isCompleted(job, { nowMs, runs })) without.push(jobId);
      await others.yieldIfDue();
    }
    return without;
  };

export type AlertFilter = {
  readonly rule?: string;
  readonly jobId?: number;
  readonly applicationId?: number;
};

/** Lists firing alerts by rule and job. @throws BadCursor */
export const listAlerts =
  ({ readerFor }: QueryContext) =>
  async (
    scope: TenantScope,
    { rule, jobId, applicationId }: AlertFilter,
    { limit, cursor }: PageRequest,
  ): Promise<ListPage<AlertView>> => {
    if (![jobId, applicationId].every((id) => id === undefined || isId(id))) return { items: [] };
    const keyset = keysetOf({ rule: 'text', job_id: 'bigint' }, { cursor });
    const conditions = [
      isOfBound(scope, sql.fragment`alert`),
      ...(rule === undefined ? [] : [sql.fragment`alert.rule = ${rule}`]),
      ...(jobId === undefined ? [] : [sql.fragment`alert.job_id = ${jobId}`]),
      ...(applicationId === undefined ? [] : [sql.fragment`alert.application_id = ${applicationId}`]),
      keyset.isBeyond('alert'),
    ];
    const rows = await readerFor(scope).any(sql.type(alertRecord.row)`
      SELECT ${alertRecord.selected} FROM ${views.alerts} AS alert JOIN ${visible(scope)} USING (tenant)
      JOIN ${views.alertRules} ON alert_rule.tenant = alert.tenant AND alert_rule.name = alert.rule
      WHERE NOT alert_rule.ended AND ${allOf(conditions)} ORDER BY ${keyset.order('alert')} LIMIT ${limit + 1}`);
    return toListPage(rows, {
      limit,
      keyset,
      placeOf: ({ rule, alert: { jobId } }) => [rule, jobId],
      item: ({ rule, alert }) => ({ rule, ...alert }),
    });
  };

/** The notifications of a rule, newest first. */
export const listNotifications =
  ({ readerFor }: QueryContext) =>
  async (scope: TenantScope, rule: string): Promise<readonly Notification[]> => {
    const row = await readerFor(scope).maybeOne(sql.type(alertBookRecord.row)`
      SELECT ${alertBookRecord.selected} FROM ${views.alertBooks} AS book JOIN ${visible(scope)} USING (tenant)
      WHERE book.rule = ${rule}`);
    return row === null ? [] : row.notifications.toReversed();
  };
