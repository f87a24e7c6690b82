import { type FragmentSqlToken, sql } from 'slonik';
import { z } from 'zod';
import { batchedReads } from '../../db/batched-reads.ts';
import type { RowReader } from '../../db/reader.ts';
import { createClosureBook } from '../../domain/closure/closure-book.ts';
import type { JobDefinition } from '../../domain/events/index.ts';
import { isCompleted } from '../../domain/job/job-state.ts';
import { toInstant } from '../../domain/values.ts';
import { documents } from '../read-models/documents.ts';
import { isAsOf } from './as-of/executions.ts';
import { getJobAsOf, listJobsAsOf } from './as-of/jobs.ts';
import type { PositionWatch } from './await-position.ts';
import { hasPauses } from './closures.ts';
import type { QueryContext } from './context.ts';
import {
  JOB_ORDER,
  type JobFilter,
  type JobSort,
  type JobsPageRequest,
  listedConditions,
  totalOf,
} from './job-filter.ts';
import {
  JobRow,
  type JobView,
  jobColumns,
  jobJoins,
  jobViewer,
  newestOf,
  newestStatus,
  nextRunAt,
} from './jobs-row.ts';
import { type Keyset, keysetOf } from './keyset.ts';
import { allOf, type ListPage, pageColumns, pageRows, toListPage } from './page.ts';
import { bigint, isId } from './row.ts';
import { isOfBound, type Scope, visible, visibleJobs } from './scope.ts';
import { views } from './views.ts';

const ListedRow = JobRow.extend({ ...pageColumns, key: z.string() });
const BYTES = sql.fragment`octet_length(definition)`;

/** Oldest first unless the order is given. */
export const listJobs =
  (context: QueryContext) =>
  async (scope: Scope, filter: JobFilter, page: JobsPageRequest): Promise<ListPage<JobView>> => {
    if (isAsOf(scope)) return listJobsAsOf(context, scope, filter, page);
    if (filter.applicationId !== undefined && !isId(filter.applicationId)) return { items: [], total: 0 };
    const { readerFor, clock, logId } = context;
    const reader = readerFor(scope);
    const conditions = [
      sql.fragment`listed.tenant = visible.tenant`,
      ...(await listedConditions(reader, context, { scope, filter })),
      isOfBound(scope, sql.fragment`listed`),
    ];
    const { keyset, from, orderedBy, key } = await sortedJobs(reader, { scope, conditions, page }, context);
    const { limit } = page;
    const select = sql.fragment`listed.*, ${key} AS key`;
    const parts = [{ select, from, orderedBy, where: conditions }];
    const listed = pageRows({ scope, keyset, limit, parts, bytes: BYTES });
    const [rows, total] = await Promise.all([
      reader.any(sql.type(ListedRow)`
        SELECT job.found, job.key, ${jobColumns} FROM (${listed}) AS job ${jobJoins(logId)} ORDER BY ${keyset.order('job')}`),
      totalOf(reader, scope, filter),
    ]);
    return toListPage(rows, {
      limit,
      keyset,
      placeOf: ({ key, createdAt, jobId }) => [orderedBy === 'listed' ? createdAt : key, jobId],
      item: await jobViewer(rows, { reader, clock }),
      total,
      found: rows[0]?.found,
    });
  };

const PlacedRow = JobRow.extend({ place: z.int(), mayBePaused: z.boolean() });
type PlacedRow = z.infer<typeof PlacedRow>;
type JobLookup = { readonly scope: Scope; readonly jobId: number };

/** Most jobs have no blackouts, and for them this avoids a second statement. */
const mayBeClosed = ({ mayBePaused, definition }: PlacedRow): boolean =>
  mayBePaused || definition.calendar !== undefined;

export const getJob = (context: QueryContext) => {
  const { clock, logId } = context;
  const reader = context.jobsById({});
  const joins = jobJoins(logId);
  const read = batchedReads(async (lookups: readonly JobLookup[]): Promise<ReadonlyMap<JobLookup, JobView>> => {
    const rows = await reader.any(sql.type(PlacedRow)`
      SELECT job.place, ${hasPauses(sql.fragment`job.tenant`, clock)} AS "mayBePaused", ${jobColumns}
      FROM ${visibleJobs(lookups)} ${joins} WHERE NOT job.deleted`);
    const viewOf = await jobViewer(rows, { reader, clock, mayBeClosed });
    const found = new Map<JobLookup, JobView>();
    for (const row of rows) {
      const lookup = lookups[row.place];
      if (lookup !== undefined) found.set(lookup, viewOf(row));
    }
    return found;
  });
  return async (scope: Scope, jobId: number): Promise<JobView | undefined> => {
    if (!isId(jobId)) return undefined;
    return isAsOf(scope) ? getJobAsOf(context, scope, jobId) : read({ scope, jobId });
  };
};

const TenantRow = z.object({ tenant: z.string(), mayBePaused: z.boolean() });

/** Maximum tenants with cached knowledge of their pauses. */
const MAX_TENANTS = 10_000;

/**
 * The next run and state of a new job, without reading its row; `undefined` if a calendar or pause may cause blackouts, or
 * if it is disabled. Whether its tenant has pauses is read again only after a change.
 * @param changesOf see `PositionWatch`
 */
export const newJobOutlook = ({ jobsById, clock }: QueryContext, { changesOf }: PositionWatch) => {
  const readPaused = batchedReads(async (tenants: readonly string[]): Promise<ReadonlyMap<string, boolean>> => {
    const rows = await jobsById({}).any(sql.type(TenantRow)`
      SELECT tenant, ${hasPauses(sql.fragment`asked.tenant`, clock)} AS "mayBePaused"
      FROM unnest(${sql.array([...tenants], 'text')}) AS asked (tenant)`);
    return new Map(rows.map((row) => [row.tenant, row.mayBePaused]));
  });
  let known = { changes: -1, paused: new Map<string, Promise<boolean | undefined>>() };
  const mayBePaused = (tenant: string): Promise<boolean | undefined> => {
    const changes = changesOf(documents);
    if (known.changes !== changes || known.paused.size >= MAX_TENANTS) known = { changes, paused: new Map() };
    const { paused } = known;
    const requested = paused.get(tenant) ?? readPaused(tenant);
    paused.set(tenant, requested);
    requested.catch(() => paused.delete(tenant));
    return requested;
  };
  return async (job: JobDefinition): Promise<Pick<JobView, 'nextRunAt' | 'state'> | undefined> => {
    if (!job.enabled || job.calendar !== undefined || (await mayBePaused(job.tenant)) !== false) return undefined;
    const at = { nowMs: clock.now(), runs: 0 };
    return {
      nextRunAt: nextRunAt({ job, runs: 0 }, { book: createClosureBook(), nowMs: at.nowMs }),
      state: isCompleted(job, at) ? { name: 'completed' } : { name: 'active' },
    };
  };
};

/** Returns whether the job exists or existed. Executions of a deleted job stay readable. */
export const jobEverExisted =
  ({ readerFor }: QueryContext) =>
  async (scope: Scope, jobId: number): Promise<boolean> => {
    if (!isId(jobId)) return false;
    const row = await readerFor(scope).maybeOne(sql.type(z.object({}))`
      SELECT FROM ${views.jobs} AS job JOIN ${visible(scope)} USING (tenant) WHERE job.job_id = ${jobId}`);
    return row !== null;
  };

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
const sortedJobs = async (reader: RowReader, jobs: JobsToSort, context: QueryContext): Promise<SortedJobs> => {
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
