import { type FragmentSqlToken, sql } from 'slonik';
import { z } from 'zod';
import type { RowReader } from '../../db/reader.ts';
import type { BulkItem, BulkWork, ExecutionSelection, JobSelection, Operation } from '../../domain/events/index.ts';
import { type IdRanges, idRangesOf } from '../../domain/id-ranges.ts';
import { toInstant } from '../../domain/values.ts';
import type { QueryContext } from './context.ts';
import { documentQueries } from './documents.ts';
import { conditionsOf as executionConditionsOf } from './executions-filter.ts';
import { JOB_ORDER, listedConditions } from './job-filter.ts';
import { keysetOf } from './keyset.ts';
import { EXECUTION_ORDER } from './list-executions.ts';
import { allOf } from './page.ts';
import { OperationView } from './records/operations.ts';
import { bigint, count, found, instant, json, present } from './row.ts';
import { isOfBound, isOfTenant, isOperationOfBound, type Scope, type TenantScope, visible } from './scope.ts';
import { views } from './views.ts';

const OpenOperation = z.object({ tenant: z.string(), operationId: bigint });
export type OpenOperation = z.infer<typeof OpenOperation>;

export const operations = documentQueries({
  kind: 'operation',
  schema: OperationView,
  visibleIn: (scope) => sql.fragment`${isOfTenant(scope, sql.fragment`document`)} AND ${isOperationOfBound(scope)}`,
  order: 'newest first',
  item: ({ doc }) => doc,
});

/** Whether any operation has not ended. */
export const hasOpenOperations =
  ({ readerFor }: QueryContext) =>
  async (): Promise<boolean> => {
    const open = sql.fragment`SELECT FROM ${views.operations} WHERE NOT ended`;
    return (await readerFor({}).one(sql.type(found)`SELECT EXISTS (${open}) AS found`)).found;
  };

/**
 * Each tenant's oldest operation with work to do now, and its oldest that is spread over time. A resting operation has no
 * work to do, unless it was cancelled.
 */
export const openOperations =
  ({ readerFor, clock }: QueryContext) =>
  async (limit: number): Promise<readonly OpenOperation[]> => {
    const now = toInstant(clock.now());
    return readerFor({}).any(sql.type(OpenOperation)`
      SELECT tenant, min(id) AS "operationId" FROM ${views.operations}
      WHERE NOT ended AND (doc::json ->> 'status' = 'cancelling'
        OR coalesce((doc::json ->> 'nextAt')::timestamptz <= ${now}::timestamptz, TRUE))
      GROUP BY tenant, doc::json -> 'spread' IS NULL ORDER BY 2 LIMIT ${limit}`);
  };

/** The range and number of an operation's items to find. */
export type ItemWalk = {
  /** Excludes items created later, ISO. */
  readonly upTo: string;
  readonly after: Operation['cursor'];
  readonly limit: number;
};

/** An item of an operation, and its place in processing order. */
export type SelectedItem = { readonly item: BulkItem; readonly cursor: NonNullable<Operation['cursor']> };

const JobRow = z.object({ jobId: bigint, createdAt: instant });
const ExecutionRow = z.object({
  executionId: bigint,
  createdAt: instant,
  jobId: bigint,
  scheduledAt: instant,
  inputRevision: bigint.nullable(),
});

/** The next items of an operation, in order of creation. */
export const selectItems =
  (context: QueryContext) =>
  async (scope: TenantScope, work: BulkWork, walk: ItemWalk): Promise<readonly SelectedItem[]> => {
    const reader = context.readerFor(scope);
    const conditions = [...(await conditionsOf(reader, context, { scope, work })), createdUpTo(walk.upTo)];
    const place = walk.after && [walk.after.at, walk.after.id];
    const keyset = keysetOf(work.of === 'jobs' ? JOB_ORDER : EXECUTION_ORDER, { place });
    if (work.of === 'jobs') {
      const rows = await reader.any(sql.type(JobRow)`
        SELECT listed.job_id AS "jobId", listed.created_at AS "createdAt" FROM ${views.jobs} AS listed JOIN ${visible(scope)} USING (tenant)
        WHERE ${allOf([...conditions, keyset.isBeyond('listed')])}
        ORDER BY ${keyset.order('listed')} LIMIT ${walk.limit}`);
      return rows.map(({ jobId, createdAt }) => ({ item: { of: 'job', jobId }, cursor: { at: createdAt, id: jobId } }));
    }
    const rows = await reader.any(sql.type(ExecutionRow)`
      SELECT listed.id AS "executionId", listed.created_at AS "createdAt", listed.job_id AS "jobId",
        listed.scheduled_at AS "scheduledAt", listed.input_revision AS "inputRevision"
      FROM ${views.executions} AS listed JOIN ${visible(scope)} USING (tenant)
      WHERE ${allOf([...conditions, keyset.isBeyond('listed')])}
      ORDER BY ${keyset.order('listed')} LIMIT ${walk.limit}`);
    return rows.map(({ createdAt, ...row }) => ({
      item: { of: 'execution', ...present(row) },
      cursor: { at: createdAt, id: row.executionId },
    }));
  };

const Found = z.object({ ids: json.pipe(z.array(z.int())) });

/** The ids of all matching jobs. */
export const findJobs =
  (context: QueryContext) =>
  async (scope: TenantScope, filter: JobSelection): Promise<IdRanges> => {
    const reader = context.readerFor(scope);
    const work = { of: 'jobs', action: 'disable', filter } as const;
    const row = await reader.one(sql.type(Found)`
      SELECT coalesce(json_agg(listed.job_id ORDER BY listed.job_id), '[]')::text AS ids
      FROM ${views.jobs} AS listed JOIN ${visible(scope)} USING (tenant)
      WHERE ${allOf(await conditionsOf(reader, context, { scope, work }))}`);
    return idRangesOf(row.ids);
  };

/** Number of matching items created up to an instant. */
export const countItems =
  (context: QueryContext) =>
  async (scope: TenantScope, work: BulkWork, upTo: string): Promise<number> => {
    const reader = context.readerFor(scope);
    const conditions = [...(await conditionsOf(reader, context, { scope, work })), createdUpTo(upTo)];
    const from = work.of === 'jobs' ? views.jobs : views.executions;
    const row = await reader.one(sql.type(count)`
      SELECT count(*) AS count FROM ${from} AS listed JOIN ${visible(scope)} USING (tenant)
      WHERE ${allOf(conditions)}`);
    return row.count;
  };

/** Conditions on `listed`. */
const conditionsOf = async (
  reader: RowReader,
  context: QueryContext,
  { scope, work }: { readonly scope: Scope; readonly work: BulkWork },
): Promise<readonly FragmentSqlToken[]> => [
  isOfBound(scope, sql.fragment`listed`),
  ...(work.of === 'jobs' ? await conditionsOnJobs(reader, context, { scope, ...work }) : conditionsOnExecutions(work)),
];

const conditionsOnJobs = (
  reader: RowReader,
  context: QueryContext,
  { scope, filter: { all: _, ...filter } }: { readonly scope: Scope; readonly filter: JobSelection },
): Promise<readonly FragmentSqlToken[]> => listedConditions(reader, context, { scope, filter });

/** Only open executions can be cancelled. */
const conditionsOnExecutions = ({
  action,
  filter: { all: _, ...filter },
}: {
  readonly action: 'rerun' | 'cancel';
  readonly filter: ExecutionSelection;
}): FragmentSqlToken[] => [
  ...executionConditionsOf(filter),
  ...(action === 'cancel' ? [sql.fragment`listed.is_open`] : []),
];

const createdUpTo = (upTo: string): FragmentSqlToken => sql.fragment`listed.created_at <= ${upTo}::timestamptz`;
