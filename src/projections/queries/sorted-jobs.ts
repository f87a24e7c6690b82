import { type FragmentSqlToken, sql } from 'slonik';
import { z } from 'zod';
import type { RowReader } from '../../db/reader.ts';
import { toInstant } from '../../domain/values.ts';
import type { QueryContext } from './context.ts';
import { conditionsOf, type JobFilter, type JobSort, type JobsPageRequest, totalOf } from './job-filter.ts';
import { isInState } from './job-state-filter.ts';
import { JobRow, type JobView, jobColumns, jobJoins, jobViewer, newestOf, newestStatus } from './jobs-row.ts';
import { type Keyset, keysetOf } from './keyset.ts';
import { allOf, type ListPage, MAX_PAGE_BYTES, toListPage } from './page.ts';
import { bigint } from './row.ts';
import { isOfBound, type Scope, visible } from './scope.ts';
import { views } from './views.ts';

/** The columns that the list is ordered by: the job's key as text, by code points, and then its id. */
const SORTED_ORDER = { key: 'text', job_id: 'bigint' } as const;
const KeyRow = z.object({ job_id: bigint, revision: bigint, bytes: z.int(), key: z.string() });
type KeyRow = z.infer<typeof KeyRow>;

export type SortedBy = Exclude<JobSort['by'], 'createdAt'>;
type SortedPage = JobsPageRequest & { readonly sort: JobSort & { readonly by: SortedBy } };

/**
 * Lists jobs by another column than their creation: first the keys of a page, then its rows. The next run is in no table, so
 * the keys of all matches come from the index of slots.
 */
export const listSortedJobs = async (
  context: QueryContext,
  { scope, filter, page }: { readonly scope: Scope; readonly filter: JobFilter; readonly page: SortedPage },
): Promise<ListPage<JobView>> => {
  const reader = context.readerFor(scope);
  const keyset = keysetOf(SORTED_ORDER, { cursor: page.cursor, isDescending: page.sort.isDescending });
  const conditions = await listedConditions(reader, context, { scope, filter });
  const asked = { scope, conditions, page, keyset };
  const [keys, total] = await Promise.all([
    page.sort.by === 'nextRunAt' ? nextRunKeys(reader, asked, context) : columnKeys(reader, asked, page.sort.by),
    totalOf(reader, scope, filter),
  ]);
  const shown = withinPage(keys, page.limit);
  const { items, ...rest } = toListPage(shown, {
    limit: page.limit,
    keyset,
    placeOf: ({ key, job_id }) => [key, job_id],
    item: ({ job_id }) => job_id,
    total,
    found: keys.length,
  });
  return { items: await viewsOf(reader, items, context), ...rest };
};

type JobsQuery = {
  readonly scope: Scope;
  readonly conditions: readonly FragmentSqlToken[];
  readonly page: SortedPage;
  readonly keyset: Keyset;
};

/** The sort keys of jobs, as text. */
const KEYS: Readonly<Record<Exclude<SortedBy, 'nextRunAt'>, FragmentSqlToken>> = {
  name: sql.fragment`listed.name_lower`,
  application: sql.fragment`coalesce((SELECT lower(application.name) FROM ${views.applications}
    WHERE application.application_id = listed.application_id), '')`,
  enabled: sql.fragment`listed.enabled::text`,
  createdBy: sql.fragment`listed.created_by`,
  lastStatus: sql.fragment`coalesce(${newestStatus(sql.fragment`listed`)}, '')`,
  lastRunAt: sql.fragment`coalesce(to_char(
    ${newestOf(sql.fragment`listed`, sql.fragment`created_at`)} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), '')`,
};

const columnKeys = (reader: RowReader, query: JobsQuery, by: keyof typeof KEYS) =>
  reader.any(sql.type(KeyRow)`
    SELECT job_id, revision, bytes, key FROM (
      SELECT listed.job_id, listed.revision, octet_length(listed.definition) AS bytes, (${KEYS[by]}) COLLATE "C" AS key
      ${matching(query)}
    ) AS job
    WHERE ${query.keyset.isBeyond('job')} ORDER BY ${query.keyset.order('job')} LIMIT ${query.page.limit + 1}`);

/** The conditions of a filter on `listed`. */
export const listedConditions = async (
  reader: RowReader,
  { clock, logId }: QueryContext,
  { scope, filter }: { readonly scope: Scope; readonly filter: JobFilter },
): Promise<readonly FragmentSqlToken[]> => {
  const { state: states } = filter;
  const ofState = states === undefined ? [] : [await isInState(reader, states, { scope, clock, logId })];
  return [...conditionsOf(filter), ...ofState];
};

const matching = ({ scope, conditions }: JobsQuery): FragmentSqlToken => sql.fragment`
  FROM ${views.jobs} AS listed JOIN ${visible(scope)} USING (tenant)
  WHERE ${allOf([...conditions, isOfBound(scope, sql.fragment`listed`)])}`;

/** Sorts after every instant: jobs without further runs come last, or first in the other direction. */
const NEVER = '~';

const nextRunKeys = async (
  reader: RowReader,
  query: JobsQuery,
  { slotIndex, clock }: QueryContext,
): Promise<readonly KeyRow[]> => {
  const found = await reader.any(sql.type(KeyRow)`
    SELECT listed.job_id, listed.revision, octet_length(listed.definition) AS bytes, '' AS key ${matching(query)}`);
  const rows = found.map(({ job_id, revision }) => ({ jobId: job_id, revision }));
  const next = new Map((await slotIndex.jobsOf(reader, rows, clock.now())).map(({ jobId, nextMs }) => [jobId, nextMs]));
  const keyOf = (jobId: number): string => {
    const nextMs = next.get(jobId);
    return nextMs === undefined ? NEVER : toInstant(nextMs);
  };
  const { page } = query;
  const sign = page.sort.isDescending ? -1 : 1;
  const inOrder = (a: KeyRow, b: KeyRow): number =>
    sign * (a.key === b.key ? a.job_id - b.job_id : a.key < b.key ? -1 : 1);
  const isBeyond = (row: KeyRow): boolean => {
    const [key, id] = query.keyset.place ?? [];
    return key === undefined || id === undefined || inOrder(row, { ...row, key: `${key}`, job_id: Number(id) }) > 0;
  };
  return found
    .map((row) => ({ ...row, key: keyOf(row.job_id) }))
    .filter(isBeyond)
    .sort(inOrder)
    .slice(0, page.limit + 1);
};

/** As many as fit a page by its limit and size, but at least one. */
const withinPage = (keys: readonly KeyRow[], limit: number): readonly KeyRow[] => {
  let bytes = 0;
  const tooLarge = keys.findIndex((row, place) => {
    if (place > 0 && bytes >= MAX_PAGE_BYTES) return true;
    bytes += row.bytes;
    return false;
  });
  return keys.slice(0, Math.min(limit, tooLarge < 0 ? keys.length : tooLarge));
};

const viewsOf = async (
  reader: RowReader,
  jobIds: readonly number[],
  { clock, logId }: QueryContext,
): Promise<readonly JobView[]> => {
  if (jobIds.length === 0) return [];
  const rows = await reader.any(sql.type(JobRow)`
    SELECT ${jobColumns} FROM ${views.jobs} AS job ${jobJoins(logId)}
    WHERE job.job_id = ANY (${sql.array([...jobIds], 'int8')})`);
  const byId = new Map(rows.map((row) => [row.jobId, row]));
  const toView = await jobViewer(rows, { reader, clock });
  return jobIds.flatMap((jobId) => {
    const row = byId.get(jobId);
    return row === undefined ? [] : [toView(row)];
  });
};
