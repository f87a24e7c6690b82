import { sql } from 'slonik';
import { z } from 'zod';
import type { RowReaderFor } from '../../db/reader.ts';
import { type ExecutionView, executionRecord, executionView } from './records/executions.ts';
import { bigint, isId } from './row.ts';
import { type Scope, visible } from './scope.ts';
import { views } from './views.ts';

export const getExecution =
  (readerFor: RowReaderFor) =>
  async (scope: Scope, executionId: number): Promise<ExecutionView | undefined> => {
    if (!isId(executionId)) return undefined;
    const row = await readerFor(scope).maybeOne(sql.type(executionRecord.row)`
      SELECT ${executionRecord.selected} FROM ${views.executions} AS execution JOIN ${visible(scope)} USING (tenant)
      WHERE execution.id = ${executionId}`);
    return row === null ? undefined : executionView(row);
  };

const Row = z.object({ job_id: bigint, revision: z.int() });

/** Where the last event of an execution is: its revision in its job's stream of runs. */
export const lastEventOfExecution =
  (readerFor: RowReaderFor) =>
  async (
    scope: Scope,
    executionId: number,
  ): Promise<{ readonly jobId: number; readonly revision: number } | undefined> => {
    if (!isId(executionId)) return undefined;
    const row = await readerFor(scope).maybeOne(sql.type(Row)`
      SELECT execution.job_id, execution.revision FROM ${views.executions} AS execution
      JOIN ${visible(scope)} USING (tenant) WHERE execution.id = ${executionId}`);
    return row === null ? undefined : { jobId: row.job_id, revision: row.revision };
  };
