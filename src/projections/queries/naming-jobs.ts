import { sql } from 'slonik';
import { z } from 'zod';
import type { RowReaderFor } from '../../db/reader.ts';
import { storableJson } from '../columns.ts';
import type { NamingJobsView, Queries } from './port.ts';
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
