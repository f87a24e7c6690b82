import { sql } from 'slonik';
import { z } from 'zod';
import type { RowReaderFor } from '../../db/reader.ts';
import { EXECUTION_STATUSES, JobDefinition } from '../../domain/events/index.ts';
import { ScheduleRefused, scheduleWords } from '../../domain/schedule/index.ts';
import type { JobGlance, SlotGlance } from './port/jobs.ts';
import type { Queries } from './port.ts';
import { bigint, instant, json } from './row.ts';
import { isOfBound, visible } from './scope.ts';
import { views } from './views.ts';

const MOST_SLOTS = 30;

const GlanceRow = z.object({
  job_id: bigint,
  definition: json.pipe(JobDefinition),
  first: instant.nullable(),
  last: instant.nullable(),
  outcome: z.enum([...EXECUTION_STATUSES, 'skipped', 'missed']).nullable(),
  reason: z.string().nullable(),
  execution_id: bigint.nullable(),
});
type GlanceRow = z.infer<typeof GlanceRow>;

/** What became of the last slots of each of a few jobs: their executions, and the ranges that were not called. */
export const jobGlances =
  (readerFor: RowReaderFor): Queries['jobGlances'] =>
  async (scope, jobIds) => {
    const rows = await readerFor(scope).any(sql.type(GlanceRow)`
      SELECT job.job_id, job.definition, slot.first, slot.last, slot.outcome, slot.reason, slot.execution_id
      FROM ${views.jobs} AS job JOIN ${visible(scope)} USING (tenant) LEFT JOIN LATERAL (
        (SELECT scheduled_at AS first, scheduled_at AS last, status AS outcome, late AS reason, id AS execution_id
         FROM ${views.executions} AS execution
         WHERE execution.job_id = job.job_id AND trigger = 'schedule'
           AND NOT (status = 'cancelled' AND EXISTS (
             SELECT 1 FROM ${views.slotRanges} AS range WHERE range.job_id = job.job_id
               AND range.last = execution.scheduled_at AND range.execution_id = execution.id))
         ORDER BY scheduled_at DESC LIMIT ${MOST_SLOTS})
        UNION ALL
        (SELECT first, last, outcome, reason, execution_id FROM ${views.slotRanges} AS range
         WHERE range.job_id = job.job_id ORDER BY last DESC LIMIT ${MOST_SLOTS})
        ORDER BY last DESC LIMIT ${MOST_SLOTS}
      ) AS slot ON TRUE
      WHERE NOT job.deleted AND job.job_id = ANY (${sql.array([...jobIds], 'int8')}) AND ${isOfBound(scope, sql.fragment`job`)}
      ORDER BY job.job_id, slot.last`);
    return [...Map.groupBy(rows, ({ job_id }) => job_id)].map(([jobId, ofJob]) => glanceOf(jobId, ofJob));
  };

const glanceOf = (jobId: number, rows: readonly GlanceRow[]): JobGlance => {
  const [first] = rows;
  return { jobId, words: first === undefined ? '' : wordsOf(first.definition), slots: rows.flatMap(slotOf) };
};

/** The zone may be one that another process knows and this one does not. */
const wordsOf = (definition: JobDefinition): string => {
  try {
    return scheduleWords(definition);
  } catch (error) {
    if (error instanceof ScheduleRefused) return '';
    throw error;
  }
};

const slotOf = ({ first, last, outcome, reason, execution_id }: GlanceRow): SlotGlance[] =>
  first === null || last === null || outcome === null
    ? []
    : [
        {
          at: first,
          ...(first === last ? {} : { last }),
          outcome,
          ...(reason === null ? {} : { reason }),
          ...(execution_id === null ? {} : { executionId: execution_id }),
        },
      ];
