import { sql } from 'slonik';
import type { RowReaderFor } from '../../db/reader.ts';
import type { Scope } from './port/scope.ts';
import { type ExecutionView, executionRecord, executionView } from './records/executions.ts';
import { isId } from './row.ts';
import { visible } from './scope.ts';
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
