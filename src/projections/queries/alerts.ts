import { sql } from 'slonik';
import type { RowReaderFor } from '../../db/reader.ts';
import type { Notification } from '../../domain/events/index.ts';
import { decodeAlertCursor, encodeAlertCursor } from './cursor.ts';
import type { AlertFilter } from './port/alerts.ts';
import type { ListPage, PageRequest } from './port/pages.ts';
import type { TenantScope } from './port/scope.ts';
import { type AlertView, alertBookRecord, alertRecord } from './records/alerts.ts';
import { isId } from './row.ts';
import { isOfBound, visible } from './scope.ts';
import { views } from './views.ts';

/** Those that are firing, by rule and job. @throws BadCursor */
export const listAlerts =
  (readerFor: RowReaderFor) =>
  async (
    scope: TenantScope,
    { rule, jobId, applicationId }: AlertFilter,
    { limit, cursor }: PageRequest,
  ): Promise<ListPage<AlertView>> => {
    if (![jobId, applicationId].every((id) => id === undefined || isId(id))) return { items: [] };
    const after = cursor === undefined ? undefined : decodeAlertCursor(cursor);
    const conditions = [
      isOfBound(scope, sql.fragment`alert`),
      ...(rule === undefined ? [] : [sql.fragment`alert.rule = ${rule}`]),
      ...(jobId === undefined ? [] : [sql.fragment`alert.job_id = ${jobId}`]),
      ...(applicationId === undefined ? [] : [sql.fragment`alert.application_id = ${applicationId}`]),
      ...(after === undefined
        ? []
        : [sql.fragment`(alert.rule, alert.job_id) > (${after.rule}, ${after.jobId}::bigint)`]),
    ];
    const rows = await readerFor(scope).any(sql.type(alertRecord.row)`
      SELECT ${alertRecord.selected} FROM ${views.alerts} AS alert JOIN ${visible(scope)} USING (tenant)
      JOIN ${views.alertRules} AS watching ON watching.tenant = alert.tenant AND watching.name = alert.rule
      WHERE NOT watching.deleted AND ${sql.join(conditions, sql.fragment` AND `)} ORDER BY alert.rule, alert.job_id LIMIT ${limit + 1}`);
    const items = rows.slice(0, limit).map((row) => ({ rule: row.rule, ...row.alert }));
    const last = items.at(-1);
    return { items, ...(rows.length > limit && last !== undefined ? { next: encodeAlertCursor(last) } : {}) };
  };

/** The notifications of a rule, newest first. */
export const listNotifications =
  (readerFor: RowReaderFor) =>
  async (scope: TenantScope, rule: string): Promise<readonly Notification[]> => {
    const row = await readerFor(scope).maybeOne(sql.type(alertBookRecord.row)`
      SELECT ${alertBookRecord.selected} FROM ${views.alertBooks} AS book JOIN ${visible(scope)} USING (tenant)
      WHERE book.rule = ${rule}`);
    return row === null ? [] : row.notifications.toReversed();
  };
