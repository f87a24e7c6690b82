import { type FragmentSqlToken, sql } from 'slonik';
import { z } from 'zod';
import type { RowReaderFor } from '../../db/reader.ts';
import type { BulkWork, ExecutionSelection, JobSelection } from '../../domain/events/index.ts';
import { conditionsOf as executionConditionsOf } from './executions-filter.ts';
import { conditionsOf as jobConditionsOf } from './job-filter.ts';
import type { ItemWalk, SelectedItem } from './port/operations.ts';
import type { Scope, TenantScope } from './port/scope.ts';
import { bigint, count, instant } from './row.ts';
import { isOfBound, visible } from './scope.ts';
import { views } from './views.ts';

const JobRow = z.object({ id: bigint, created_at: instant });
const ExecutionRow = z.object({ id: bigint, created_at: instant, job_id: bigint, scheduled_at: instant });

/** The next items that an operation takes, in the order of their creation. */
export const selectItems =
  (readerFor: RowReaderFor) =>
  async (scope: TenantScope, work: BulkWork, walk: ItemWalk): Promise<readonly SelectedItem[]> => {
    const reader = readerFor(scope);
    if (work.of === 'jobs') {
      const rows = await reader.any(sql.type(JobRow)`
        SELECT listed.job_id AS id, listed.created_at FROM ${views.jobs} AS listed JOIN ${visible(scope)} USING (tenant)
        WHERE ${every([...conditionsOf(scope, work), ...within(walk, sql.fragment`listed.job_id`)])}
        ORDER BY listed.created_at, listed.job_id LIMIT ${walk.limit}`);
      return rows.map(({ id, created_at }) => ({ item: { of: 'job', jobId: id }, cursor: { at: created_at, id } }));
    }
    const rows = await reader.any(sql.type(ExecutionRow)`
      SELECT listed.id, listed.created_at, listed.job_id, listed.scheduled_at
      FROM ${views.executions} AS listed JOIN ${visible(scope)} USING (tenant)
      WHERE ${every([...conditionsOf(scope, work), ...within(walk, sql.fragment`listed.id`)])}
      ORDER BY listed.created_at, listed.id LIMIT ${walk.limit}`);
    return rows.map(({ id, created_at, job_id, scheduled_at }) => ({
      item: { of: 'execution', executionId: id, jobId: job_id, scheduledAt: scheduled_at },
      cursor: { at: created_at, id },
    }));
  };

/** How many items match that were created up to an instant. */
export const countItems =
  (readerFor: RowReaderFor) =>
  async (scope: TenantScope, work: BulkWork, upTo: string): Promise<number> => {
    const from = work.of === 'jobs' ? views.jobs : views.executions;
    const row = await readerFor(scope).one(sql.type(count)`
      SELECT count(*) AS count FROM ${from} AS listed JOIN ${visible(scope)} USING (tenant)
      WHERE ${every([...conditionsOf(scope, work), createdUpTo(upTo)])}`);
    return row.count;
  };

/** Conditions on `listed`. */
const conditionsOf = (scope: Scope, work: BulkWork): FragmentSqlToken[] => [
  isOfBound(scope, sql.fragment`listed`),
  ...(work.of === 'jobs' ? conditionsOnJobs(work.filter) : conditionsOnExecutions(work)),
];

const conditionsOnJobs = ({ all: _, ...filter }: JobSelection): FragmentSqlToken[] => jobConditionsOf(filter);

/** Only those that have not ended are to be cancelled. */
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

const within = ({ upTo, after }: ItemWalk, id: FragmentSqlToken): FragmentSqlToken[] => [
  createdUpTo(upTo),
  ...(after === undefined
    ? []
    : [sql.fragment`(listed.created_at, ${id}) > (${after.at}::timestamptz, ${after.id}::bigint)`]),
];

const createdUpTo = (upTo: string): FragmentSqlToken => sql.fragment`listed.created_at <= ${upTo}::timestamptz`;

const every = (conditions: readonly FragmentSqlToken[]): FragmentSqlToken =>
  sql.fragment`${sql.join([sql.fragment`TRUE`, ...conditions], sql.fragment` AND `)}`;
