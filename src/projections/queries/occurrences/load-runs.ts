import { sql } from 'slonik';
import { z } from 'zod';
import type { RowReader } from '../../../db/reader.ts';
import { RunTail } from '../../../domain/events/index.ts';
import { type Runs, runsOfTail } from '../../../domain/runs/tail.ts';
import { bigint, json } from '../row.ts';
import { views } from '../views.ts';

const TailRow = z.object({ job_id: bigint, tail: json.pipe(RunTail) });

/** The state of the runs of each of these jobs, which the caller may see. */
export const loadRuns = async (reader: RowReader, jobIds: ReadonlySet<number>): Promise<ReadonlyMap<number, Runs>> => {
  if (jobIds.size === 0) return new Map();
  const rows = await reader.any(sql.type(TailRow)`
    SELECT job_id, tail FROM ${views.schedule}
    WHERE job_id = ANY (${sql.array([...jobIds], 'int8')}) AND tail IS NOT NULL`);
  return new Map(rows.map(({ job_id, tail }) => [job_id, runsOfTail(tail)]));
};
