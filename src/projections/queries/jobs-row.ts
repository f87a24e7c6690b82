import { sql } from 'slonik';
import { z } from 'zod';
import { JobDefinition } from '../../domain/events/index.ts';
import type { JobView } from './port.ts';
import { bigint, instant, json } from './row.ts';
import { views } from './views.ts';

export const JobRow = z.object({
  job_id: bigint,
  created_at: instant,
  revision: z.int(),
  definition: json.pipe(JobDefinition),
  runs: z.int(),
  application_id: bigint,
  application_name: z.string(),
  application_display_name: z.string(),
});
export type JobRow = z.infer<typeof JobRow>;

// Each read model has its own checkpoint. If `applications` lags behind, a job is shown without the name of its
// application.
export const jobColumns = sql.fragment`
  job.job_id, job.created_at, job.revision, job.definition, job.application_id,
  coalesce(CASE WHEN scheduled.rules LIKE '%"maxRuns"%' THEN (scheduled.tail::json ->> 'runs')::integer END, 0) AS runs,
  coalesce(application.name, '') AS application_name, coalesce(application.display_name, '') AS application_display_name`;
export const withApplication = sql.fragment`
  LEFT JOIN ${views.applications} AS application ON application.application_id = job.application_id
  LEFT JOIN ${views.schedule} AS scheduled ON scheduled.job_id = job.job_id`;

export const jobFromRow = (row: JobRow): JobView => ({
  job: row.definition,
  runs: row.runs,
  application: { id: row.application_id, name: row.application_name, displayName: row.application_display_name },
  revision: row.revision,
});
