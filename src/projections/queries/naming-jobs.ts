import { sql } from 'slonik';
import { z } from 'zod';
import type { RowReaderFor } from '../../db/reader.ts';
import { storableJson } from '../columns.ts';
import type { NamingJobsView, OpenExecutionsView } from './port/applications.ts';
import type { Queries } from './port.ts';
import { bigint } from './row.ts';
import { visible } from './scope.ts';
import { views } from './views.ts';

/** So many jobs are named. */
const FIRST = 10;

const Row = z.object({ job_id: bigint, name: z.string(), total: bigint });

const toView = (rows: readonly z.infer<typeof Row>[]): NamingJobsView => ({
  first: rows.map(({ job_id, name }) => ({ jobId: job_id, name })),
  total: rows[0]?.total ?? 0,
});

export const jobsWithCalendar =
  (readerFor: RowReaderFor): Queries['jobsWithCalendar'] =>
  async (scope, name) => {
    const rows = await readerFor(scope).any(sql.type(Row)`
      SELECT job_id, name, count(*) OVER () AS total
      FROM ${views.jobs} JOIN ${visible(scope)} USING (tenant)
      WHERE NOT deleted AND calendars <> '[]' AND calendars @> ${storableJson([name])}::jsonb
      ORDER BY job_id LIMIT ${FIRST}`);
    return toView(rows);
  };

export const jobsOfApplication =
  (readerFor: RowReaderFor): Queries['jobsOfApplication'] =>
  async (scope, applicationId) => {
    const rows = await readerFor(scope).any(sql.type(Row)`
      SELECT job_id, name, count(*) OVER () AS total
      FROM ${views.jobs} JOIN ${visible(scope)} USING (tenant)
      WHERE NOT deleted AND application_id = ${applicationId}
      ORDER BY job_id LIMIT ${FIRST}`);
    return toView(rows);
  };

const OpenRow = z.object({ id: bigint, total: bigint });

export const openExecutionsOf =
  (readerFor: RowReaderFor): Queries['openExecutionsOf'] =>
  async (scope, applicationId): Promise<OpenExecutionsView> => {
    const rows = await readerFor(scope).any(sql.type(OpenRow)`
      SELECT id, count(*) OVER () AS total
      FROM ${views.executions} JOIN ${visible(scope)} USING (tenant)
      WHERE application_id = ${applicationId} AND is_open
      ORDER BY id LIMIT ${FIRST}`);
    return { first: rows.map(({ id }) => id), total: rows[0]?.total ?? 0 };
  };

export const jobsWithLimit =
  (readerFor: RowReaderFor): Queries['jobsWithLimit'] =>
  async (scope, { applicationId, name }) => {
    const rows = await readerFor(scope).any(sql.type(Row)`
      SELECT job_id, name, count(*) OVER () AS total
      FROM ${views.jobs} JOIN ${visible(scope)} USING (tenant)
      WHERE NOT deleted AND application_id = ${applicationId} AND limit_name = ${name}
      ORDER BY job_id LIMIT ${FIRST}`);
    return toView(rows);
  };

const UseRow = z.object({ running: bigint, begun: bigint });

/** Of retries, only the first attempt counts as begun. */
export const limitUse =
  (readerFor: RowReaderFor): Queries['limitUse'] =>
  async (scope, { applicationId, name, since }) => {
    const ofLimit = sql.fragment`
      application_id = ${applicationId} AND job_id IN (
        SELECT job_id FROM ${views.jobs} WHERE application_id = ${applicationId} AND limit_name = ${name} AND NOT deleted)`;
    const [row] = await readerFor(scope).any(sql.type(UseRow)`
      SELECT
        (SELECT count(*) FROM ${views.executions} JOIN ${visible(scope)} USING (tenant)
          WHERE ${ofLimit} AND is_open AND status = 'running') AS running,
        (SELECT count(*) FROM ${views.executions} JOIN ${visible(scope)} USING (tenant)
          WHERE ${ofLimit} AND created_at >= ${since}::timestamptz AND started_at >= ${since}::timestamptz) AS begun`);
    return row ?? { running: 0, begun: 0 };
  };
