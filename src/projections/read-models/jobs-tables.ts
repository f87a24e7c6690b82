export const jobsTables = (schema: string): string => `
  CREATE TABLE ${schema}.jobs (
    job_id bigint PRIMARY KEY,
    tenant text NOT NULL,
    application_id bigint NOT NULL,
    name text NOT NULL,
    name_lower text NOT NULL,
    enabled boolean NOT NULL,
    deleted boolean NOT NULL,
    labels jsonb NOT NULL,
    calendars jsonb NOT NULL,
    limit_name text,
    task_type text NOT NULL,
    created_by text NOT NULL,
    created_at timestamptz NOT NULL,
    revision integer NOT NULL,
    definition text NOT NULL
  );
  CREATE TABLE ${schema}.job_versions (
    job_id bigint NOT NULL,
    revision integer NOT NULL,
    tenant text NOT NULL,
    type text NOT NULL,
    definition text NOT NULL,
    actor text NOT NULL,
    actor_type text NOT NULL,
    correlation_id text NOT NULL,
    reason text,
    valid_from timestamptz NOT NULL,
    valid_to timestamptz,
    PRIMARY KEY (job_id, revision)
  );
  CREATE TABLE ${schema}.job_counts (
    tenant text NOT NULL,
    application_id bigint NOT NULL,
    total bigint NOT NULL,
    enabled bigint NOT NULL,
    PRIMARY KEY (tenant, application_id)
  ) WITH (fillfactor = 70)`;

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
