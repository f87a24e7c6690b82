import { sql } from 'slonik';
import { z } from 'zod';
import type { RowReaderFor } from '../../db/reader.ts';
import type { Queries } from './port.ts';
import { bigint, isId } from './row.ts';
import { visible } from './scope.ts';
import { views } from './views.ts';

const Row = z.object({ job_id: bigint, revision: z.int() });

export const lastEventOfExecution =
  (readerFor: RowReaderFor): Queries['lastEventOfExecution'] =>
  async (scope, executionId) => {
    if (!isId(executionId)) return undefined;
    const row = await readerFor(scope).maybeOne(sql.type(Row)`
      SELECT execution.job_id, execution.revision FROM ${views.executions} AS execution
      JOIN ${visible(scope)} USING (tenant) WHERE execution.id = ${executionId}`);
    return row === null ? undefined : { jobId: row.job_id, revision: row.revision };
  };
