import { type FragmentSqlToken, sql } from 'slonik';
import { z } from 'zod';
import { EXECUTION_STATUSES, JobDefinition, LATE_REASONS, NOT_CALLED_REASONS } from '../../domain/events/index.ts';
import { ScheduleRejected, scheduleWords } from '../../domain/schedule/index.ts';
import { Instant } from '../../domain/values.ts';
import type { QueryContext } from './context.ts';
import { bigint, instant, json, present } from './row.ts';
import { isOfBound, type Scope, visible } from './scope.ts';
import { views } from './views.ts';

const Reason = z.enum([...NOT_CALLED_REASONS, ...LATE_REASONS]);
/** A slot, or several consecutive ones that were settled together without a call. */
const SlotGlance = z.object({
  at: Instant,
  last: Instant.optional().meta({ description: 'The last slot, if several in a row were settled together' }),
  outcome: z.enum([...EXECUTION_STATUSES, 'skipped', 'missed']).meta({
    description: 'The status of the execution of the slot, or the reason why there is none',
  }),
  reason: Reason.optional(),
  executionId: z.int().optional(),
});
type SlotGlance = z.infer<typeof SlotGlance>;

/** A job's summary in a list. */
export const JobSummary = z
  .object({
    jobId: z.int(),
    scheduleText: z.string().meta({ description: 'The schedule in English' }),
    slots: z.array(SlotGlance).meta({ description: 'The last 30, oldest first' }),
  })
  .meta({ id: 'JobSummary' });
export type JobSummary = z.infer<typeof JobSummary>;

const MAX_SLOTS = 30;

const SlotRow = z.object({
  first: instant,
  last: instant,
  outcome: z.enum([...EXECUTION_STATUSES, 'skipped', 'missed']),
  reason: Reason.nullable(),
  executionId: z.int().nullable(),
});
/** A row for each job, with its slots as JSON: a row for each slot would be slower to read. */
const GlanceRow = z.object({
  job_id: bigint,
  definition: json.pipe(JobDefinition),
  slots: json.pipe(z.array(SlotRow)),
});

const epochMs = (column: FragmentSqlToken): FragmentSqlToken => sql.fragment`extract(epoch FROM ${column}) * 1000`;

/** Outcomes of the last slots of those of these jobs that exist: their executions, and the ranges that were not called. */
export const jobSummaries =
  ({ readerFor }: QueryContext) =>
  async (scope: Scope, jobIds: readonly number[]): Promise<readonly JobSummary[]> => {
    const rows = await readerFor(scope).any(sql.type(GlanceRow)`
      SELECT job.job_id, job.definition, slots.slots
      FROM ${views.jobs} AS job JOIN ${visible(scope)} USING (tenant) CROSS JOIN LATERAL (
        SELECT coalesce(json_agg(json_build_object(
          'first', ${epochMs(sql.fragment`first`)}, 'last', ${epochMs(sql.fragment`last`)}, 'outcome', outcome,
          'reason', reason, 'executionId', execution_id) ORDER BY last), '[]')::text AS slots
        FROM (
          (SELECT scheduled_at AS first, scheduled_at AS last, status AS outcome, late AS reason, id AS execution_id
           FROM ${views.executions} AS execution
           WHERE execution.job_id = job.job_id AND trigger = 'schedule'
             AND NOT (status = 'cancelled' AND EXISTS (
               SELECT 1 FROM ${views.slotRanges} AS range WHERE range.job_id = job.job_id
                 AND range.last = execution.scheduled_at AND range.execution_id = execution.id))
           ORDER BY scheduled_at DESC LIMIT ${MAX_SLOTS})
          UNION ALL
          (SELECT first, last, outcome, reason, execution_id FROM ${views.slotRanges} AS range
           WHERE range.job_id = job.job_id ORDER BY last DESC LIMIT ${MAX_SLOTS})
          ORDER BY last DESC LIMIT ${MAX_SLOTS}
        ) AS slot
      ) AS slots
      WHERE NOT job.deleted AND job.job_id = ANY (${sql.array([...jobIds], 'int8')}) AND ${isOfBound(scope, sql.fragment`job`)}
      ORDER BY job.job_id`);
    return rows.map(({ job_id, definition, slots }) => ({
      jobId: job_id,
      scheduleText: wordsOf(definition),
      slots: slots.map(slotOf),
    }));
  };

/** Another process may know a zone that this one does not. */
const wordsOf = (definition: JobDefinition): string => {
  try {
    return scheduleWords(definition);
  } catch (error) {
    if (error instanceof ScheduleRejected) return '';
    throw error;
  }
};

const slotOf = ({ first: at, last, ...slot }: z.infer<typeof SlotRow>): SlotGlance =>
  present({ at, last: at === last ? null : last, ...slot });
