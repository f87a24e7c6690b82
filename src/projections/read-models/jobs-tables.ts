import { jobRecord } from '../queries/records/jobs.ts';
import { bigint, record, text } from '../record.ts';
import { jobVersionRecord } from './jobs-fold.ts';

/** How many jobs an application has that are not deleted. */
export const jobCountRecord = record(
  'counted',
  { tenant: text(), applicationId: bigint(), total: bigint(), enabled: bigint() },
  { key: ['tenant', 'applicationId'] },
);

export const jobsTables = (schema: string): string => `
  CREATE TABLE ${schema}.jobs (${jobRecord.ddl});
  CREATE TABLE ${schema}.job_versions (${jobVersionRecord.ddl});
  CREATE TABLE ${schema}.job_counts (${jobCountRecord.ddl}) WITH (fillfactor = 70)`;

export const jobsIndexes = (schema: string): string => `
  CREATE INDEX IF NOT EXISTS jobs_of_tenant ON ${schema}.jobs (tenant, created_at, job_id) WHERE NOT deleted;
  CREATE INDEX IF NOT EXISTS jobs_of_application
    ON ${schema}.jobs (tenant, application_id, created_at, job_id) WHERE NOT deleted;
  CREATE INDEX IF NOT EXISTS jobs_ever_of_tenant ON ${schema}.jobs (tenant, created_at, job_id);
  CREATE INDEX IF NOT EXISTS jobs_by_label ON ${schema}.jobs USING gin (labels jsonb_path_ops) WHERE NOT deleted;
  CREATE INDEX IF NOT EXISTS jobs_by_calendar
    ON ${schema}.jobs USING gin (calendars jsonb_path_ops) WHERE NOT deleted AND calendars <> '[]';
  CREATE INDEX IF NOT EXISTS jobs_by_limit
    ON ${schema}.jobs (application_id, limit_name) WHERE NOT deleted AND limit_name IS NOT NULL;
  CREATE INDEX IF NOT EXISTS job_versions_of_tenant ON ${schema}.job_versions (tenant, valid_from)`;
