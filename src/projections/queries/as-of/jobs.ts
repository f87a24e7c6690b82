import { type FragmentSqlToken, sql } from 'slonik';
import { z } from 'zod';
import type { RowReader } from '../../../db/reader.ts';
import { defined } from '../../../domain/defined.ts';
import { JobDefinition } from '../../../domain/events/index.ts';
import { targetNamesOf } from '../../../domain/tasks/kinds.ts';
import { toMs } from '../../../domain/values.ts';
import { createYielder } from '../../yielder.ts';
import type { QueryContext } from '../context.ts';
import { hasAny, hasName } from '../filters.ts';
import { JOB_ORDER, type JobFilter, type JobsPageRequest, lastingConditions } from '../job-filter.ts';
import { closureSearchOf, type JobView, nextRunAt } from '../jobs-row.ts';
import { type Keyset, keysetOf } from '../keyset.ts';
import { type ListPage, pageColumns, pageRows, toListPage, walkPage } from '../page.ts';
import { type LastExecution, lastExecution } from '../records/executions.ts';
import { bigint, instant, isId, json, storableJson } from '../row.ts';
import { isOfBound, visible } from '../scope.ts';
import { views } from '../views.ts';
import { columnsAsOf, createdUpTo, RowAsOf, type ScopeAsOf, statesAt } from './executions.ts';
import { loadClosureBookAsOf } from './ledger.ts';
import { runsLookup, type StreamReader } from './log-at.ts';

const VersionRow = z.object({
  job_id: bigint,
  created_at: instant,
  revision: bigint,
  definition: json.pipe(JobDefinition),
});
const ListedRow = VersionRow.extend(pageColumns);
type VersionRow = z.infer<typeof VersionRow>;

/** The newest version of a job that was recorded up to an instant. */
const versionAt = (job: FragmentSqlToken, asOf: string): FragmentSqlToken => sql.fragment`
  CROSS JOIN LATERAL (
    SELECT version.revision, version.definition, version.type FROM ${views.jobVersions} AS version
    WHERE version.job_id = ${job}.job_id AND version.valid_from <= ${asOf}::timestamptz
    ORDER BY version.revision DESC LIMIT 1
  ) AS version`;

export const getJobAsOf = async (
  context: QueryContext,
  scope: ScopeAsOf,
  jobId: number,
): Promise<JobView | undefined> => {
  if (!isId(jobId)) return undefined;
  const reader = context.readerFor(scope);
  const row = await reader.maybeOne(sql.type(VersionRow)`
    SELECT job.job_id, job.created_at, version.revision, version.definition
    FROM ${views.jobs} AS job JOIN ${visible(scope)} USING (tenant) ${versionAt(sql.fragment`job`, scope.asOf)}
    WHERE job.job_id = ${jobId} AND version.type <> 'JobDeleted'`);
  return row === null ? undefined : (await viewsOf(context, scope, [row]))[0];
};

/** By time of creation, oldest first unless the order is given. Without a total. */
export const listJobsAsOf = async (
  context: QueryContext,
  scope: ScopeAsOf,
  filter: JobFilter,
  { limit, cursor, sort }: JobsPageRequest,
): Promise<ListPage<JobView>> => {
  if (filter.applicationId !== undefined && !isId(filter.applicationId)) return { items: [] };
  const reader = context.readerFor(scope);
  const keyset = keysetOf(JOB_ORDER, defined({ cursor, isDescending: sort?.isDescending }));
  const rowsAtOnce = hasLateFilter(filter) ? Math.max(limit, SEARCHED_AT_ONCE) : limit;
  const { items, found } = await walkPage<z.infer<typeof ListedRow>, JobView>({
    limit,
    rowsAtOnce,
    after: keyset.place,
    rowsAfter: (place) => reader.any(pageQuery(scope, filter, { limit: rowsAtOnce, keyset: keyset.from(place) })),
    itemsOf: async function* (rows) {
      const named = rows.filter(({ definition }) => isWanted(definition, filter));
      for (const view of await viewsOf(context, scope, named)) if (isOf(view, filter)) yield view;
    },
    placeOfRow: (row) => [row.created_at, row.job_id],
  });
  return toListPage(items, {
    limit,
    keyset,
    placeOf: ({ job }) => [job.createdAt, job.jobId],
    item: (view) => view,
    found,
  });
};

/** Number of rows to read at once if each has to be checked, and few may match. */
const SEARCHED_AT_ONCE = 500;

/** Conditions on the past version and application. */
const hasLateFilter = ({ name, target, application }: JobFilter): boolean =>
  [name, target, application].some((each) => each !== undefined);
const isWanted = (job: JobDefinition, { name, target }: JobFilter): boolean =>
  (name === undefined || hasName(job.name, name)) && (target === undefined || targetNamesOf(job).includes(target));
const isOf = ({ application }: JobView, { application: ofName }: JobFilter): boolean =>
  ofName === undefined || application.name === ofName;

/** Walks the jobs in order of creation, by an index, and looks up the version of each. */
const pageQuery = (
  scope: ScopeAsOf,
  filter: JobFilter,
  { limit, keyset }: { readonly limit: number; readonly keyset: Keyset },
) => {
  const { enabled, labels } = filter;
  const conditions = [
    sql.fragment`listed.tenant = visible.tenant AND listed.created_at <= ${createdUpTo(scope.asOf)}`,
    sql.fragment`version.type <> 'JobDeleted'`,
    isOfBound(scope, sql.fragment`listed`),
    ...lastingConditions(filter),
  ];
  if (enabled !== undefined) {
    conditions.push(sql.fragment`(version.definition::json ->> 'enabled')::boolean = ${enabled}`);
  }
  if (hasAny(labels)) {
    conditions.push(sql.fragment`(version.definition::json -> 'labels')::jsonb @> ${storableJson(labels)}::jsonb`);
  }
  const rows = pageRows({
    scope,
    keyset,
    limit,
    parts: [
      {
        select: sql.fragment`listed.job_id, listed.created_at, version.revision, version.definition`,
        from: sql.fragment`${views.jobs} AS listed ${versionAt(sql.fragment`listed`, scope.asOf)}`,
        orderedBy: 'listed',
        where: conditions,
      },
    ],
    bytes: sql.fragment`octet_length(definition)`,
  });
  return sql.type(ListedRow)`
    SELECT job.job_id, job.created_at, job.revision, job.definition, job.found FROM (${rows}) AS job
    ORDER BY ${keyset.order('job')}`;
};

const viewsOf = async (
  { readerFor, store, clock }: QueryContext,
  scope: ScopeAsOf,
  rows: readonly VersionRow[],
): Promise<readonly JobView[]> => {
  if (rows.length === 0) return [];
  const reader = readerFor(scope);
  const { asOf } = scope;
  const nowMs = toMs(asOf);
  const definitions = rows.map(({ definition }) => definition);
  const [applications, newest, book] = await Promise.all([
    applicationsAt(reader, asOf, definitions),
    newestAt({ reader, store }, asOf, rows),
    loadClosureBookAsOf(reader, closureSearchOf(definitions, nowMs), asOf),
  ]);
  const runsOf = runsLookup(store, nowMs);
  const others = createYielder(clock);
  const found: JobView[] = [];
  for (const { definition: job, revision } of rows) {
    const runs = job.maxRuns === undefined ? 0 : ((await runsOf(job.jobId))?.tail.runs ?? 0);
    const named = applications.get(job.applicationId);
    found.push({
      job,
      runs,
      nextRunAt: nextRunAt({ job, runs }, { book, nowMs }),
      lastExecution: newest.get(job.jobId) ?? null,
      state: undefined,
      application: { id: job.applicationId, name: named?.name ?? '', displayName: named?.displayName ?? '' },
      revision,
    });
    await others.yieldIfDue();
  }
  return found;
};

const Names = z.object({ name: z.string(), displayName: z.string() });
const ApplicationRow = z.object({ id: bigint, fields: json.pipe(Names) });

/** Past names of these jobs' applications. */
const applicationsAt = async (reader: RowReader, asOf: string, jobs: readonly JobDefinition[]) => {
  const ids = [...new Set(jobs.map(({ applicationId }) => applicationId))];
  const rows = await reader.any(sql.type(ApplicationRow)`
    SELECT asked.id, change.fields FROM unnest(${sql.array(ids, 'int8')}) AS asked (id) CROSS JOIN LATERAL (
      SELECT fields FROM ${views.changes} AS change
      WHERE change.kind = 'application' AND change.key = asked.id::text AND change.at <= ${asOf}::timestamptz
      ORDER BY change.revision DESC LIMIT 1
    ) AS change
    WHERE change.fields <> '{}'`);
  return new Map(rows.map(({ id, fields }) => [id, fields]));
};

/** The past newest execution of each job. */
const newestAt = async (
  { reader, store }: { readonly reader: RowReader; readonly store: StreamReader },
  asOf: string,
  jobs: readonly VersionRow[],
): Promise<ReadonlyMap<number, LastExecution>> => {
  const requested = jobs.map(({ definition }) => [definition.tenant, definition.jobId]);
  const rows = await reader.any(sql.type(RowAsOf)`
    SELECT ${columnsAsOf}
    FROM ${sql.unnest(requested, ['text', 'int8'])} AS job (tenant, job_id) CROSS JOIN LATERAL (
      SELECT * FROM ${views.executions} AS execution
      WHERE execution.tenant = job.tenant AND execution.job_id = job.job_id
        AND execution.created_at <= ${createdUpTo(asOf)} AND execution.first_recorded_at <= ${asOf}::timestamptz
      ORDER BY execution.created_at DESC, execution.id DESC LIMIT 1
    ) AS execution`);
  const stateAt = statesAt(store, asOf);
  const found = new Map<number, LastExecution>();
  for (const row of rows) {
    const view = await stateAt(row);
    if (view === undefined) continue;
    found.set(row.jobId, lastExecution.view(view));
  }
  return found;
};
