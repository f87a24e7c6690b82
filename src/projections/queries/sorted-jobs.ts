import { type FragmentSqlToken, sql } from 'slonik';
import { z } from 'zod';
import type { RowReader } from '../../db/reader.ts';
import { toInstant } from '../../domain/values.ts';
import type { QueryContext } from './context.ts';
import { JOB_ORDER, type JobSort, type JobsPageRequest } from './job-filter.ts';
import { newestOf, newestStatus } from './jobs-row.ts';
import { type Keyset, keysetOf } from './keyset.ts';
import { allOf } from './page.ts';
import { bigint } from './row.ts';
import { type Scope, visible } from './scope.ts';
import { views } from './views.ts';

/** A list by another column than the creation is ordered by the job's key as text, by code points, and then by its id. */
const KEY_ORDER = { key: 'text', job_id: 'bigint' } as const;

/** The sort keys of jobs, as text. */
const KEYS: Readonly<Record<Exclude<JobSort['by'], 'createdAt' | 'nextRunAt'>, FragmentSqlToken>> = {
  name: sql.fragment`listed.name_lower`,
  application: sql.fragment`coalesce((SELECT lower(application.name) FROM ${views.applications}
    WHERE application.application_id = listed.application_id), '')`,
  enabled: sql.fragment`listed.enabled::text`,
  createdBy: sql.fragment`listed.created_by`,
  lastStatus: sql.fragment`coalesce(${newestStatus(sql.fragment`listed`)}, '')`,
  lastRunAt: sql.fragment`coalesce(to_char(
    ${newestOf(sql.fragment`listed`, sql.fragment`created_at`)} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), '')`,
};

/** Jobs to list: the FROM item `listed`, and the one that has the columns of their order. */
type SortedJobs = {
  readonly keyset: Keyset;
  readonly from: FragmentSqlToken;
  readonly orderedBy: string;
  readonly key: FragmentSqlToken;
};

type JobsToSort = {
  readonly scope: Scope;
  /** On `listed`. */
  readonly conditions: readonly FragmentSqlToken[];
  readonly page: JobsPageRequest;
};

/** @throws BadCursor */
export const sortedJobs = async (reader: RowReader, jobs: JobsToSort, context: QueryContext): Promise<SortedJobs> => {
  const { cursor, sort: { by, isDescending } = { by: 'createdAt', isDescending: false } } = jobs.page;
  const all = sql.fragment`${views.jobs} AS listed`;
  if (by === 'createdAt') {
    const keyset = keysetOf(JOB_ORDER, { cursor, isDescending });
    return { keyset, from: all, orderedBy: 'listed', key: sql.fragment`''` };
  }
  const keyset = keysetOf(KEY_ORDER, { cursor, isDescending });
  const sorted = { keyset, orderedBy: 'sorted', key: sql.fragment`sorted.key` };
  if (by !== 'nextRunAt') {
    const key = sql.fragment`SELECT (${KEYS[by]}) COLLATE "C" AS key, listed.job_id`;
    return { ...sorted, from: sql.fragment`${all} CROSS JOIN LATERAL (${key}) AS sorted` };
  }
  const keys = await nextRunKeys(reader, { ...jobs, keyset, isDescending }, context);
  const next = sql.fragment`${sql.unnest(keys, ['text', 'int8'])} AS next (key, job_id)`;
  return {
    ...sorted,
    from: sql.fragment`(SELECT key COLLATE "C" AS key, job_id FROM ${next}) AS sorted JOIN ${all} USING (job_id)`,
  };
};

const RevisionRow = z.object({ jobId: bigint, revision: bigint });
/** Sorts after every instant: jobs without further runs come last, or first in the other direction. */
const NEVER = '~';

type KeysOfPage = JobsToSort & { readonly keyset: Keyset; readonly isDescending: boolean };

/** The keys of a page by next runs, which are in no table: those of all jobs come from the index of slots. */
const nextRunKeys = async (
  reader: RowReader,
  { scope, conditions, page, keyset, isDescending }: KeysOfPage,
  { slotIndex, clock }: QueryContext,
): Promise<readonly (readonly [key: string, jobId: number])[]> => {
  const rows = await reader.any(sql.type(RevisionRow)`
    SELECT listed.job_id AS "jobId", listed.revision FROM ${views.jobs} AS listed CROSS JOIN ${visible(scope)}
    WHERE ${allOf(conditions)}`);
  const next = new Map((await slotIndex.jobsOf(reader, rows, clock.now())).map(({ jobId, nextMs }) => [jobId, nextMs]));
  const keyOf = (jobId: number): string => {
    const nextMs = next.get(jobId);
    return nextMs === undefined ? NEVER : toInstant(nextMs);
  };
  const [key = '', id = 0] = keyset.place ?? [];
  const compare = (a: readonly [string, number], b: readonly [string, number]): number =>
    (isDescending ? -1 : 1) * (a[0] === b[0] ? a[1] - b[1] : a[0] < b[0] ? -1 : 1);
  return rows
    .map(({ jobId }) => [keyOf(jobId), jobId] as const)
    .filter((each) => keyset.place === undefined || compare(each, [`${key}`, Number(id)]) > 0)
    .sort(compare)
    .slice(0, page.limit + 1);
};
