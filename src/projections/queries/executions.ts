import { sql } from 'slonik';
import { z } from 'zod';
import { QueryTooSlow } from '../../db/reader.ts';
import type { ReadPlan } from '../../db/readers.ts';
import { getExecutionAsOf, isAsOf, listExecutionsAsOf } from './as-of/executions.ts';
import type { QueryContext } from './context.ts';
import type { ExecutionFilter } from './executions-filter.ts';
import { listExecutions } from './list-executions.ts';
import type { ListOrder, ListPage, SortedPageRequest } from './page.ts';
import { type ExecutionView, executionRecord, executionView } from './records/executions.ts';
import { bigint, isId } from './row.ts';
import { type Scope, visible } from './scope.ts';
import { views } from './views.ts';

export const getExecution =
  (context: QueryContext) =>
  async (scope: Scope, executionId: number): Promise<ExecutionView | undefined> => {
    if (!isId(executionId)) return undefined;
    if (isAsOf(scope)) return getExecutionAsOf(context, scope, executionId);
    const row = await context.executionById(scope).maybeOne(sql.type(executionRecord.row)`
      SELECT ${executionRecord.selected} FROM ${views.executions} AS execution JOIN ${visible(scope)} USING (tenant)
      WHERE execution.id = ${executionId}`);
    return row === null ? undefined : executionView(row);
  };

const Row = z.object({ job_id: bigint, revision: bigint });

/** Revision of an execution's last event in its job's stream of runs. */
export const lastEventOfExecution =
  ({ executionById }: QueryContext) =>
  async (
    scope: Scope,
    executionId: number,
  ): Promise<{ readonly jobId: number; readonly revision: number } | undefined> => {
    if (!isId(executionId)) return undefined;
    const row = await executionById(scope).maybeOne(sql.type(Row)`
      SELECT execution.job_id, execution.revision FROM ${views.executions} AS execution
      JOIN ${visible(scope)} USING (tenant) WHERE execution.id = ${executionId}`);
    return row === null ? undefined : { jobId: row.job_id, revision: row.revision };
  };

/**
 * Lists executions, newest first, as recorded now or at an instant. A request that takes too long is rejected, with a hint
 * how to narrow it.
 * @throws BadCursor
 */
export const readExecutions =
  ({ fastThenSlow, store }: Pick<QueryContext, 'fastThenSlow' | 'store'>) =>
  async (scope: Scope, filter: ExecutionFilter, page: SortedPageRequest): Promise<ListPage<ExecutionView>> => {
    try {
      return await fastThenSlow(scope, readingOf(scope, filter, page.order), (reader) =>
        isAsOf(scope)
          ? listExecutionsAsOf({ reader, store }, scope, filter, page)
          : listExecutions(reader, scope, filter, page),
      );
    } catch (error) {
      if (error instanceof QueryTooSlow) throw new QueryTooSlow(adviceFor(filter));
      throw error;
    }
  };

/** Pages of a list are about equally slow, and so are, mostly, lists of a tenant with the same filters. */
const readingOf = (
  { tenant, applications, asOf }: Scope,
  filter: ExecutionFilter,
  order: ListOrder | undefined,
): ReadPlan => {
  const of = [String(tenant), asOf === undefined, applications === undefined];
  const { status, trigger } = filter;
  return {
    key: JSON.stringify([of, asOf, applications, filter, order]),
    shape: JSON.stringify([of, Object.keys(filter).sort(), status, trigger, order]),
  };
};

/** The hint for a list that took too long. */
const adviceFor = ({ from, to, jobId, status, trigger }: ExecutionFilter): string => {
  const advice = [
    ...(from === undefined || to === undefined ? ['a span of time (from and to)'] : ['a shorter span of time']),
    ...(jobId === undefined ? ['a job (jobId)'] : []),
    ...(status === undefined ? ['a status'] : []),
    ...(trigger === undefined ? ['a trigger'] : []),
  ];
  return `finding these executions took too long: narrow the list by ${advice.join(', or ')}`;
};
