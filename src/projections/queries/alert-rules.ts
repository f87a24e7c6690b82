import { sql } from 'slonik';
import { z } from 'zod';
import type { RowReaderFor } from '../../db/reader.ts';
import { AlertRule } from '../../domain/events/index.ts';
import { decodeNameCursor, encodeNameCursor } from './cursor.ts';
import type { Queries } from './port.ts';
import { bigint, count, json } from './row.ts';
import { isOfBound, visible } from './scope.ts';
import { views } from './views.ts';

const Row = z.object({ rule: json.pipe(AlertRule), revision: z.int() });
const JobRow = z.object({ job_id: bigint });

const columns = sql.fragment`rule.rule, rule.revision`;

/** By name. */
export const listAlertRules =
  (readerFor: RowReaderFor): Queries['listAlertRules'] =>
  async (scope, { limit, cursor }) => {
    const beyond = cursor === undefined ? sql.fragment`` : sql.fragment`AND rule.name > ${decodeNameCursor(cursor)}`;
    const rows = await readerFor(scope).any(sql.type(Row)`
      SELECT ${columns} FROM ${views.alertRules} AS rule JOIN ${visible(scope)} USING (tenant)
      WHERE NOT rule.deleted AND ${isOfBound(scope, sql.fragment`rule`)} ${beyond}
      ORDER BY rule.name LIMIT ${limit + 1}`);
    const items = rows.slice(0, limit);
    const last = items.at(-1);
    const next = rows.length > limit && last !== undefined ? { next: encodeNameCursor(last.rule.name) } : {};
    return { items, ...next };
  };

export const getAlertRule =
  (readerFor: RowReaderFor): Queries['getAlertRule'] =>
  async (scope, name) => {
    const row = await readerFor(scope).maybeOne(sql.type(Row)`
      SELECT ${columns} FROM ${views.alertRules} AS rule JOIN ${visible(scope)} USING (tenant)
      WHERE rule.name = ${name} AND NOT rule.deleted`);
    return row ?? undefined;
  };

export const countAlertRules =
  (readerFor: RowReaderFor): Queries['countAlertRules'] =>
  async (tenant) => {
    const row = await readerFor({}).one(sql.type(count)`
      SELECT count(*) AS count FROM ${views.alertRules} AS rule WHERE rule.tenant = ${tenant} AND NOT rule.deleted`);
    return row.count;
  };

export const hasAlertRules =
  (readerFor: RowReaderFor): Queries['hasAlertRules'] =>
  async () => {
    const row = await readerFor({}).one(sql.type(z.object({ found: z.boolean() }))`
      SELECT EXISTS (SELECT FROM ${views.alertRules} AS rule WHERE NOT rule.deleted) AS found`);
    return row.found;
  };

export const allAlertRules =
  (readerFor: RowReaderFor): Queries['allAlertRules'] =>
  () =>
    readerFor({}).any(sql.type(Row)`
      SELECT ${columns} FROM ${views.alertRules} AS rule WHERE NOT rule.deleted`);

export const jobsOfAlertRule =
  (readerFor: RowReaderFor): Queries['jobsOfAlertRule'] =>
  async ({ tenant, jobId, applicationId }) => {
    if (jobId !== undefined) return [jobId];
    const ofApplication =
      applicationId === undefined ? sql.fragment`` : sql.fragment`AND job.application_id = ${applicationId}`;
    const rows = await readerFor({}).any(sql.type(JobRow)`
      SELECT job.job_id FROM ${views.jobs} AS job WHERE job.tenant = ${tenant} ${ofApplication} AND NOT job.deleted`);
    return rows.map(({ job_id }) => job_id);
  };
