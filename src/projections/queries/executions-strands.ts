import { type FragmentSqlToken, sql } from 'slonik';
import { z } from 'zod';
import type { RowReader } from '../../db/reader.ts';
import { storable } from '../columns.ts';
import { isOfApplication, namedLike } from './filters.ts';
import type { ExecutionFilter } from './port/executions.ts';
import type { Scope } from './port/scope.ts';
import { bigint } from './row.ts';
import { isOfBound, visible } from './scope.ts';
import { views } from './views.ts';

/**
 * Whose executions a list is of: each job, application or tenant has its own in the order of lists, in an index. `isAll`
 * where no other condition on jobs and applications is left.
 */
export type Strands = {
  readonly by: 'tenant' | 'application' | 'job';
  /** Of the jobs or applications. */
  readonly ids: readonly number[];
  /** Whether rows of these strands meet all that the filter says of jobs and applications. */
  readonly isAll: boolean;
};

const OF_TENANT: Strands = { by: 'tenant', ids: [], isAll: false };
/** So many rows are read of all strands together at the most, to find those of a page. */
const MOST_ROWS = 10_000;

const JobRow = z.object({ id: bigint });

/** Finds the jobs or applications that a filter means. Where these are too many, the list is read of the whole tenant. */
export const strandsOf = async (
  reader: RowReader,
  scope: Scope,
  filter: ExecutionFilter,
  limit: number,
): Promise<Strands> => {
  const { jobId, jobName, applicationId, application } = filter;
  const most = Math.max(1, Math.floor(MOST_ROWS / (limit + 1)));
  const isOfSome = applicationId !== undefined || application !== undefined || scope.applications !== undefined;
  if (jobId !== undefined && jobName === undefined && !isOfSome) return { by: 'job', ids: [jobId], isAll: true };
  if (jobId !== undefined || jobName !== undefined) {
    const rows = await reader.any(sql.type(JobRow)`
      SELECT listed.job_id AS id FROM ${views.jobs} AS listed JOIN ${visible(scope)} USING (tenant)
      WHERE ${every([
        ...(jobId === undefined ? [] : [sql.fragment`listed.job_id = ${jobId}`]),
        ...(jobName === undefined ? [] : [namedLike(sql.fragment`listed`, jobName)]),
        ...(applicationId === undefined ? [] : [sql.fragment`listed.application_id = ${applicationId}`]),
        ...(application === undefined ? [] : [isOfApplication(application)]),
        isOfBound(scope, sql.fragment`listed`),
      ])} LIMIT ${most + 1}`);
    return rows.length > most ? OF_TENANT : { by: 'job', ids: rows.map(({ id }) => id), isAll: true };
  }
  if (application !== undefined) {
    const rows = await reader.any(sql.type(JobRow)`
      SELECT listed.application_id AS id FROM ${views.applications} AS listed JOIN ${visible(scope)} USING (tenant)
      WHERE ${every([
        sql.fragment`listed.name = ${storable(application)}`,
        ...(applicationId === undefined ? [] : [sql.fragment`listed.application_id = ${applicationId}`]),
        isOfBound(scope, sql.fragment`listed`),
      ])} LIMIT ${most + 1}`);
    return rows.length > most ? OF_TENANT : { by: 'application', ids: rows.map(({ id }) => id), isAll: true };
  }
  const bound = scope.applications;
  if (applicationId !== undefined)
    return { by: 'application', ids: bound?.includes(applicationId) === false ? [] : [applicationId], isAll: true };
  if (bound !== undefined && bound.length <= most) return { by: 'application', ids: bound, isAll: true };
  return bound === undefined ? { ...OF_TENANT, isAll: true } : OF_TENANT;
};

const every = (conditions: readonly FragmentSqlToken[]): FragmentSqlToken =>
  sql.fragment`${sql.join([...conditions], sql.fragment` AND `)}`;

/** The strands as a FROM item `strand (id)`, where they are several. */
export const strandItem = ({ ids }: Strands): FragmentSqlToken =>
  ids.length < 2 ? sql.fragment`` : sql.fragment`CROSS JOIN unnest(${sql.array([...ids], 'int8')}) AS strand (id)`;

/** A condition on a row: it is of the strand. */
export const isOfStrand = ({ by, ids }: Strands, row: FragmentSqlToken): FragmentSqlToken => {
  const [id] = ids;
  const own = ids.length > 1 ? sql.fragment`strand.id` : sql.fragment`${id ?? 0}`;
  switch (by) {
    case 'tenant':
      return sql.fragment`${row}.tenant = visible.tenant`;
    case 'application':
      return sql.fragment`${row}.tenant = visible.tenant AND ${row}.application_id = ${own}`;
    case 'job':
      return sql.fragment`${row}.tenant = visible.tenant AND ${row}.job_id = ${own}`;
  }
};
