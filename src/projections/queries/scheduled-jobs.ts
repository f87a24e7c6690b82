import { type FragmentSqlToken, sql } from 'slonik';
import { z } from 'zod';
import type { RowReader } from '../../db/reader.ts';
import { RuleFields } from '../../domain/events/index.ts';
import { toMs } from '../../domain/values.ts';
import { scheduleRecord } from '../read-models/schedule-fold.ts';
import { bigint, json } from './row.ts';
import { views } from './views.ts';

/**
 * How far the runs of `scheduled` are, as `runs` and `cursor`; only of rules that depend on it. For other jobs, the whole
 * tail need not be parsed.
 */
export const PROGRESS = sql.fragment`
  CASE WHEN scheduled.rules LIKE '%"maxRuns"%' THEN (scheduled.tail::json ->> 'runs')::bigint END AS runs,
  CASE WHEN scheduled.rules LIKE '%"shift"%' THEN scheduled.tail::json ->> 'cursor' END AS cursor`;
export const progressColumns = { runs: bigint.nullable(), cursor: z.string().nullable() };

export const progressOf = ({ runs, cursor }: z.infer<z.ZodObject<typeof progressColumns>>) => ({
  runs: runs ?? 0,
  cursorMs: cursor === null ? undefined : toMs(cursor),
});

const scheduled = scheduleRecord.only(
  ...(['jobId', 'tenant', 'applicationId', 'enabled', 'jobRevision'] as const),
  ...(['scheduleFields', 'rules', 'target', 'labels'] as const),
);
const Row = scheduled.row.extend({ rules: json.pipe(RuleFields).nullable(), ...progressColumns });

/** A job that is not deleted, with what determines its slots and its blackouts. */
export type ScheduledJobRow = ReturnType<typeof jobOf>;

const jobOf = ({ scheduleFields, rules, target, labels, jobRevision: revision, ...job }: z.infer<typeof Row>) => {
  const { runs: _, cursor: __, ...of } = job;
  const closable = { calendar: rules?.calendar, target: target ?? undefined, labelsText: labels ?? undefined };
  return { ...scheduleFields, ...rules, ...of, ...closable, ...progressOf(job), revision };
};

/** Reads the jobs that meet a condition on `scheduled`. */
export const readScheduledJobs = async (
  reader: RowReader,
  where: FragmentSqlToken,
): Promise<readonly ScheduledJobRow[]> => {
  const rows = await reader.any(sql.type(Row)`
    SELECT ${scheduled.selected}, ${PROGRESS} FROM ${views.schedule} AS scheduled WHERE NOT deleted AND ${where}`);
  return rows.map(jobOf);
};
