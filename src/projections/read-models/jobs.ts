import type { ClientBase } from 'pg';
import { calendarNames } from '../../domain/closure/closure-book.ts';
import type { JobDefinition } from '../../domain/events/index.ts';
import { PREFIX_OF } from '../../domain/streams.ts';
import { targetNamesOf } from '../../domain/tasks/kinds.ts';
import { defineProjection } from '../projection.ts';
import { jobRecord } from '../queries/records/jobs.ts';
import { bigint, type RecordChange, record, text } from '../record.ts';
import { addCounts, copyRows, writeIncoming } from '../write-records.ts';
import { foldJobs, type JobChanges, type JobRows, jobVersionRecord } from './jobs-fold.ts';

/** The number of existing jobs of an application. */
const jobCountRecord = record(
  'counted',
  { tenant: text(), applicationId: bigint(), total: bigint(), enabled: bigint() },
  { key: ['tenant', 'applicationId'] },
);

const jobsTables = (schema: string): string => `
  CREATE TABLE ${schema}.jobs (${jobRecord.ddl});
  CREATE TABLE ${schema}.job_versions (${jobVersionRecord.ddl});
  CREATE TABLE ${schema}.job_counts (${jobCountRecord.ddl}) WITH (fillfactor = 70)`;

const jobsIndexes = (schema: string): string => `
  CREATE INDEX IF NOT EXISTS jobs_of_tenant ON ${schema}.jobs (tenant, created_at, job_id) WHERE NOT deleted;
  CREATE INDEX IF NOT EXISTS jobs_of_application
    ON ${schema}.jobs (tenant, application_id, created_at, job_id) WHERE NOT deleted;
  CREATE INDEX IF NOT EXISTS jobs_ever_of_tenant ON ${schema}.jobs (tenant, created_at, job_id);
  CREATE INDEX IF NOT EXISTS jobs_by_label ON ${schema}.jobs USING gin (labels jsonb_path_ops) WHERE NOT deleted;
  CREATE INDEX IF NOT EXISTS jobs_by_name ON ${schema}.jobs (tenant, name_lower, job_id);
  CREATE INDEX IF NOT EXISTS jobs_by_target ON ${schema}.jobs USING gin (targets jsonb_path_ops) WHERE NOT deleted;
  CREATE INDEX IF NOT EXISTS jobs_by_calendar
    ON ${schema}.jobs USING gin (calendars jsonb_path_ops) WHERE NOT deleted AND calendars <> '[]';
  CREATE INDEX IF NOT EXISTS jobs_by_limit
    ON ${schema}.jobs (application_id, limit_name) WHERE NOT deleted AND limit_name IS NOT NULL;
  CREATE INDEX IF NOT EXISTS jobs_with_retention ON ${schema}.jobs (job_id) WHERE retention IS NOT NULL;
  CREATE INDEX IF NOT EXISTS job_versions_of_tenant ON ${schema}.job_versions (tenant, valid_from)`;

type Row = RecordChange<typeof jobRecord>;

const rowsOf = (changed: JobChanges['jobs']): Row[] =>
  [...changed.values()].flatMap(({ definition, deleted, revision }) =>
    definition ? [rowOf(definition, { deleted, revision })] : [],
  );

const rowOf = (definition: JobDefinition, state: { readonly deleted: boolean; readonly revision: number }): Row => {
  const { jobId, tenant, applicationId, name, enabled, labels = {}, calendar, taskType } = definition;
  return {
    jobId,
    tenant,
    applicationId,
    name,
    enabled,
    labels,
    taskType,
    definition,
    nameLower: name.toLowerCase(),
    targets: [...targetNamesOf(definition)],
    calendars: [...calendarNames(calendar)],
    limitName: definition.limit,
    retention: definition.retention,
    createdBy: definition.createdBy,
    createdAt: definition.createdAt,
    ...state,
  };
};

const writeChanges = async (client: ClientBase, schema: string, changes: JobRows): Promise<void> => {
  await Promise.all([
    writeJobs(client, schema, changes),
    writeVersions(client, schema, changes),
    moveRevisions(client, schema, changes),
  ]);
};

export const jobs = defineProjection<JobChanges>({
  name: 'jobs',
  shape: '6',
  streamPrefixes: [PREFIX_OF.job],
  views: ['jobs', 'job_versions', 'job_counts'],
  tables: jobsTables,
  indexes: jobsIndexes,
  fold: foldJobs,
  write: writeChanges,
  fill: {
    holdsRows: { live: 5_000, building: 10_000 },
    rowsOf: ({ versions }) => versions.length,
    copy: async ({ client, schema }, changes) => {
      const { created, rest } = withoutCreated(changes);
      const rows = rowsOf(created.jobs);
      await copyRows(client, `${schema}.jobs`, { ...jobRecord, rows });
      await copyRows(client, `${schema}.job_versions`, { ...jobVersionRecord, rows: created.versions });
      await countRows(client, schema, rows);
      await writeChanges(client, schema, rest);
    },
  },
});

/** Separates the jobs that these changes created from the others. */
const withoutCreated = ({ jobs: changed, versions }: JobChanges): Record<'created' | 'rest', JobRows> => {
  const isCreated = (jobId: number): boolean => changed.get(jobId)?.created ?? false;
  const entries = [...changed];
  return {
    created: {
      jobs: new Map(entries.filter(([, { created }]) => created)),
      versions: versions.filter(({ jobId }) => isCreated(jobId)),
    },
    rest: {
      jobs: new Map(entries.filter(([, { created }]) => !created)),
      versions: versions.filter(({ jobId }) => !isCreated(jobId)),
    },
  };
};

/** Counts jobs that were copied. */
const countRows = async (client: ClientBase, schema: string, rows: readonly Row[]): Promise<void> => {
  if (rows.length === 0) return;
  const counts = new Map<string, RecordChange<typeof jobCountRecord>>();
  for (const { tenant, applicationId, deleted, enabled } of rows) {
    const key = JSON.stringify([tenant, applicationId]);
    const { total, ...before } = counts.get(key) ?? { tenant, applicationId, total: 0, enabled: 0 };
    const by = deleted ? 0 : 1;
    counts.set(key, { ...before, total: total + by, enabled: before.enabled + (enabled ? by : 0) });
  }
  await addCounts(client, `${schema}.job_counts`, { ...jobCountRecord, rows: counts.values() });
};

/** Writes rows and counters in one statement, so that the counters can't drift from the rows. */
const writeJobs = async (client: ClientBase, schema: string, { jobs: changed }: JobRows): Promise<void> => {
  const rows = rowsOf(changed);
  await writeIncoming(
    client,
    `${schema}_write`,
    { ...jobRecord, rows: rows },
    ({ names, source }) => `WITH incoming AS MATERIALIZED (SELECT * FROM ${source}),
     before AS MATERIALIZED (SELECT * FROM ${schema}.jobs WHERE job_id = ANY ($1::bigint[])),
     newer AS (
       SELECT incoming.* FROM incoming LEFT JOIN before USING (job_id)
       WHERE before.revision IS NULL OR before.revision < incoming.revision
     ),
     written AS (
       INSERT INTO ${schema}.jobs (${names}) SELECT ${names} FROM newer
       ON CONFLICT (job_id) DO UPDATE SET ${jobRecord.setSql}
     ),
     moved AS (
       SELECT tenant, application_id, enabled, CASE WHEN deleted THEN 0 ELSE 1 END AS by FROM newer
       UNION ALL
       SELECT before.tenant, before.application_id, before.enabled, -1
       FROM before JOIN newer USING (job_id) WHERE NOT before.deleted
     )
     INSERT INTO ${schema}.job_counts AS kept (tenant, application_id, total, enabled)
     SELECT tenant, application_id, sum(by), coalesce(sum(by) FILTER (WHERE enabled), 0)
     FROM moved GROUP BY tenant, application_id
     ON CONFLICT (tenant, application_id) DO UPDATE SET
       total = kept.total + excluded.total, enabled = kept.enabled + excluded.enabled`,
  );
};

const writeVersions = async (client: ClientBase, schema: string, { versions }: JobRows): Promise<void> => {
  await writeIncoming(
    client,
    `${schema}_versions`,
    { ...jobVersionRecord, rows: versions },
    ({ names, source }) => `WITH incoming AS MATERIALIZED (SELECT * FROM ${source}),
     first AS (SELECT DISTINCT ON (job_id) job_id, revision, valid_from FROM incoming ORDER BY job_id, revision),
     ended AS (
       UPDATE ${schema}.job_versions AS kept SET valid_to = first.valid_from FROM first
       WHERE kept.job_id = first.job_id AND kept.valid_to IS NULL AND kept.revision < first.revision
     )
     INSERT INTO ${schema}.job_versions (${names}) SELECT ${names} FROM incoming
     ON CONFLICT (job_id, revision) DO NOTHING`,
  );
};

const ofRevision = jobRecord.part('jobId', 'revision');

/** A revoked name moves the revision of the stream, and `If-Match` is compared with that revision. */
const moveRevisions = (client: ClientBase, schema: string, { jobs: changed }: JobRows): Promise<void> => {
  const rows = [...changed].flatMap(([jobId, { definition, revision }]) => (definition ? [] : [{ jobId, revision }]));
  return writeIncoming(
    client,
    `${schema}_revisions`,
    { ...ofRevision, rows },
    ({ source }) => `UPDATE ${schema}.jobs AS kept SET revision = incoming.revision
     FROM ${source} WHERE kept.job_id = incoming.job_id AND kept.revision < incoming.revision`,
  );
};
