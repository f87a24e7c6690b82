import { type FragmentSqlToken, sql } from 'slonik';
import type { RowReader } from '../../db/reader.ts';
import type { JobSelection } from '../../domain/events/index.ts';
import { hasAny, isNamed, isOfApplication } from './filters.ts';
import { newestStatus } from './jobs-row.ts';
import type { PageRequest } from './page.ts';
import { count, storable, storableJson } from './row.ts';
import { type Scope, visible } from './scope.ts';
import { views } from './views.ts';

/** Sort columns of jobs. Jobs with equal values are sorted by id. */
export const JOB_SORTS = [
  'createdAt',
  'name',
  'application',
  'enabled',
  'createdBy',
  'lastStatus',
  'lastRunAt',
  'nextRunAt',
] as const;

/** The columns that lists of jobs are ordered by unless another order is requested. */
export const JOB_ORDER = { created_at: 'timestamptz', job_id: 'bigint' } as const;

export type JobSort = { readonly by: (typeof JOB_SORTS)[number]; readonly isDescending: boolean };

/** Oldest first unless the order is given. */
export type JobsPageRequest = PageRequest & { readonly sort?: JobSort };

export type JobFilter = Readonly<Omit<JobSelection, 'all'>>;

/** Conditions on `listed` about constant fields of a job. */
export const lastingConditions = ({ jobIds, applicationId, taskType, createdBy }: JobFilter): FragmentSqlToken[] => [
  ...(jobIds === undefined ? [] : [sql.fragment`listed.job_id = ANY (${sql.array([...jobIds], 'int8')})`]),
  ...(applicationId === undefined ? [] : [sql.fragment`listed.application_id = ${applicationId}`]),
  ...(taskType === undefined ? [] : [sql.fragment`listed.task_type = ${storable(taskType)}`]),
  ...(createdBy === undefined ? [] : [sql.fragment`listed.created_by = ${storable(createdBy)}`]),
];

/** Conditions on `listed`, except that on its state (`listedConditions`). */
export const conditionsOf = (filter: JobFilter): FragmentSqlToken[] => {
  const { application, enabled, name, target, labels, lastStatus, correlationId } = filter;
  const conditions = [sql.fragment`NOT listed.deleted`, ...lastingConditions(filter)];
  if (application !== undefined) conditions.push(isOfApplication(application));
  if (enabled !== undefined) conditions.push(sql.fragment`listed.enabled = ${enabled}`);
  if (name !== undefined) conditions.push(isNamed(sql.fragment`listed`, name));
  if (target !== undefined) conditions.push(sql.fragment`listed.targets @> ${storableJson([target])}::jsonb`);
  if (hasAny(labels)) conditions.push(sql.fragment`listed.labels @> ${storableJson(labels)}::jsonb`);
  if (lastStatus !== undefined) conditions.push(sql.fragment`${newestStatus(sql.fragment`listed`)} = ${lastStatus}`);
  if (correlationId !== undefined) conditions.push(changedUnder(correlationId));
  return conditions;
};

/** Its last change has this correlation id. */
const changedUnder = (correlationId: string): FragmentSqlToken => sql.fragment`EXISTS (
  SELECT 1 FROM ${views.jobVersions} AS version WHERE version.job_id = listed.job_id
    AND version.valid_to IS NULL AND version.correlation_id = ${storable(correlationId)})`;

/** Reads the total from the counters, which exist by application, for all jobs and for enabled jobs. */
export const totalOf = async (reader: RowReader, scope: Scope, filter: JobFilter): Promise<number | undefined> => {
  const { applicationId, application, enabled, ...uncounted } = filter;
  if (scope.applications !== undefined || Object.values(uncounted).some((value) => value !== undefined))
    return undefined;
  const conditions = [
    sql.fragment`true`,
    ...(applicationId === undefined ? [] : [sql.fragment`listed.application_id = ${applicationId}`]),
    ...(application === undefined ? [] : [isOfApplication(application)]),
  ];
  const counted =
    enabled === undefined ? sql.fragment`total` : enabled ? sql.fragment`enabled` : sql.fragment`total - enabled`;
  const row = await reader.one(sql.type(count)`
    SELECT coalesce(sum(${counted}), 0)::bigint AS count
    FROM ${views.jobCounts} AS listed JOIN ${visible(scope)} USING (tenant)
    WHERE ${sql.join(conditions, sql.fragment` AND `)}`);
  return row.count;
};
