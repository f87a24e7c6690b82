import { sql } from 'slonik';
import { z } from 'zod';
import type { RowReaderFor } from '../../db/reader.ts';
import type { AlertRule } from '../../domain/events/index.ts';
import type { Tenant } from '../../domain/values.ts';
import { decodeNameCursor, encodeNameCursor } from './cursor.ts';
import type { ListPage, PageRequest } from './port/pages.ts';
import type { TenantScope } from './port/scope.ts';
import { type AlertRuleView, alertRuleRecord } from './records/alerts.ts';
import { bigint, count } from './row.ts';
import { isOfBound, visible } from './scope.ts';
import { views } from './views.ts';

const JobRow = z.object({ job_id: bigint });

/** By name, of one tenant. @throws BadCursor */
export const listAlertRules =
  (readerFor: RowReaderFor) =>
  async (scope: TenantScope, { limit, cursor }: PageRequest): Promise<ListPage<AlertRuleView>> => {
    const beyond = cursor === undefined ? sql.fragment`` : sql.fragment`AND rule.name > ${decodeNameCursor(cursor)}`;
    const rows = await readerFor(scope).any(sql.type(alertRuleRecord.row)`
      SELECT ${alertRuleRecord.selected} FROM ${views.alertRules} AS rule JOIN ${visible(scope)} USING (tenant)
      WHERE NOT rule.deleted AND ${isOfBound(scope, sql.fragment`rule`)} ${beyond}
      ORDER BY rule.name LIMIT ${limit + 1}`);
    const items = rows.slice(0, limit);
    const last = items.at(-1);
    const next = rows.length > limit && last !== undefined ? { next: encodeNameCursor(last.rule.name) } : {};
    return { items, ...next };
  };

export const getAlertRule =
  (readerFor: RowReaderFor) =>
  async (scope: TenantScope, name: string): Promise<AlertRuleView | undefined> => {
    const row = await readerFor(scope).maybeOne(sql.type(alertRuleRecord.row)`
      SELECT ${alertRuleRecord.selected} FROM ${views.alertRules} AS rule JOIN ${visible(scope)} USING (tenant)
      WHERE rule.name = ${name} AND NOT rule.deleted`);
    return row ?? undefined;
  };

export const countAlertRules =
  (readerFor: RowReaderFor) =>
  async (tenant: Tenant): Promise<number> => {
    const row = await readerFor({}).one(sql.type(count)`
      SELECT count(*) AS count FROM ${views.alertRules} AS rule WHERE rule.tenant = ${tenant} AND NOT rule.deleted`);
    return row.count;
  };

/** Whether any tenant has an alert rule. */
export const hasAlertRules = (readerFor: RowReaderFor) => async (): Promise<boolean> => {
  const row = await readerFor({}).one(sql.type(z.object({ found: z.boolean() }))`
      SELECT EXISTS (SELECT FROM ${views.alertRules} AS rule WHERE NOT rule.deleted) AS found`);
  return row.found;
};

/** Of all tenants. */
export const allAlertRules = (readerFor: RowReaderFor) => (): Promise<readonly AlertRuleView[]> =>
  readerFor({}).any(sql.type(alertRuleRecord.row)`
      SELECT ${alertRuleRecord.selected} FROM ${views.alertRules} AS rule WHERE NOT rule.deleted`);

/** The jobs that a rule watches, also those that are disabled. */
export const jobsOfAlertRule =
  (readerFor: RowReaderFor) =>
  async ({
    tenant,
    jobId,
    applicationId,
  }: Pick<AlertRule, 'tenant' | 'jobId' | 'applicationId'>): Promise<readonly number[]> => {
    if (jobId !== undefined) return [jobId];
    const ofApplication =
      applicationId === undefined ? sql.fragment`` : sql.fragment`AND job.application_id = ${applicationId}`;
    const rows = await readerFor({}).any(sql.type(JobRow)`
      SELECT job.job_id FROM ${views.jobs} AS job WHERE job.tenant = ${tenant} ${ofApplication} AND NOT job.deleted`);
    return rows.map(({ job_id }) => job_id);
  };
