import { sql } from 'slonik';
import { z } from 'zod';
import type { RowReader } from '../../../db/reader.ts';
import type { ClosableJob } from '../../../domain/closure/closure-book.ts';
import { RunTail, ScheduleFields } from '../../../domain/events/index.ts';
import { type Runs, runsOfTail } from '../../../domain/execution/tail.ts';
import { rulesOfText } from '../../../domain/job/rules.ts';
import { bigint, json } from '../row.ts';
import { views } from '../views.ts';

const RunsRow = z.object({
  job_id: bigint,
  tail: json.pipe(RunTail),
  tenant: z.string(),
  application_id: bigint,
  schedule_fields: json.pipe(ScheduleFields),
  rules: z.string().nullable(),
  target: z.string().nullable(),
});

/** The state of a job's runs, and what the job is closed by. */
export type JobRuns = { readonly runs: Runs; readonly closable: ClosableJob };

/** Of each of these jobs, which the caller may see. */
export const loadRuns = async (
  reader: RowReader,
  jobIds: ReadonlySet<number>,
): Promise<ReadonlyMap<number, JobRuns>> => {
  if (jobIds.size === 0) return new Map();
  const rows = await reader.any(sql.type(RunsRow)`
    SELECT job_id, tail, tenant, application_id, schedule_fields, rules, target FROM ${views.schedule}
    WHERE job_id = ANY (${sql.array([...jobIds], 'int8')}) AND tail IS NOT NULL`);
  return new Map(
    rows.map(({ job_id, tail, tenant, application_id, schedule_fields, rules, target }) => {
      const { timezone } = schedule_fields;
      const calendar = rules === null ? undefined : rulesOfText(rules).calendar;
      const ofJob = { tenant, applicationId: application_id, jobId: job_id };
      const closable = { ...ofJob, timezone, calendar, target: target ?? undefined };
      return [job_id, { runs: runsOfTail(tail), closable }];
    }),
  );
};
