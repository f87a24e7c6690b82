import { sql } from 'slonik';
import { z } from 'zod';
import { toInstant } from '../../domain/values.ts';
import type { QueryContext } from './context.ts';
import { bigint } from './row.ts';
import { type Scope, visible } from './scope.ts';
import { views } from './views.ts';

const HOUR_MS = 3_600_000;
const SPANS_HOURS = [24, 7 * 24, 30 * 24] as const;
/** The newest executions that are counted. */
const MAX_COUNTED = 50_000;

const Counts = z.object({
  succeeded: z.int(),
  failed: z.int(),
  p95Ms: z.int().nullable().meta({ description: '95th percentile of the durations of these; null without any' }),
});

export const JobStatistics = z
  .object({
    spans: z.array(
      z.object({
        hours: z.int(),
        now: Counts.meta({ description: 'Executions created in these hours up to now' }),
        before: Counts.meta({ description: 'Executions of as many hours before' }),
      }),
    ),
    isPartial: z.boolean().meta({ description: `The job has more executions than the newest ${MAX_COUNTED}` }),
  })
  .meta({ id: 'JobStatistics' });
export type JobStatistics = z.infer<typeof JobStatistics>;

const Row = z.object({
  hours: z.int(),
  isBefore: z.boolean(),
  succeeded: bigint,
  failed: bigint,
  p95Ms: z.number().nullable(),
  counted: bigint,
});

/** Successes, failures and durations of a job over a day, a week and 30 days, each with the same time before. */
export const jobStatistics =
  ({ readerFor, clock }: QueryContext) =>
  async (scope: Scope, jobId: number): Promise<JobStatistics> => {
    const nowMs = clock.now();
    const parts = SPANS_HOURS.flatMap((hours) =>
      [0, 1].map((back) => [
        hours,
        back === 1,
        toInstant(nowMs - (back + 1) * hours * HOUR_MS),
        toInstant(nowMs - back * hours * HOUR_MS),
      ]),
    );
    const [longest] = SPANS_HOURS.toReversed();
    const rows = await readerFor(scope).any(sql.type(Row)`
      WITH ended AS MATERIALIZED (
        SELECT created_at, status, extract(epoch FROM finished_at - started_at) * 1000 AS took
        FROM ${views.executions} AS execution JOIN ${visible(scope)} USING (tenant)
        WHERE execution.job_id = ${jobId} AND NOT is_open AND status IN ('succeeded', 'failed')
          AND created_at >= ${toInstant(nowMs - 2 * (longest ?? 0) * HOUR_MS)}::timestamptz
        ORDER BY created_at DESC LIMIT ${MAX_COUNTED}
      )
      SELECT part.hours, part.is_before AS "isBefore",
        count(*) FILTER (WHERE status = 'succeeded') AS succeeded, count(*) FILTER (WHERE status = 'failed') AS failed,
        round(percentile_cont(0.95) WITHIN GROUP (ORDER BY took))::float8 AS "p95Ms",
        (SELECT count(*) FROM ended) AS counted
      FROM ${sql.unnest(parts, ['int4', 'bool', 'timestamptz', 'timestamptz'])} AS part (hours, is_before, first, last)
      LEFT JOIN ended ON ended.created_at >= part.first AND ended.created_at < part.last
      GROUP BY part.hours, part.is_before`);
    const countsOf = (hours: number, isBefore: boolean) => {
      const {
        succeeded = 0,
        failed = 0,
        p95Ms = null,
      } = rows.find((row) => row.hours === hours && row.isBefore === isBefore) ?? {};
      return { succeeded, failed, p95Ms };
    };
    return {
      spans: SPANS_HOURS.map((hours) => ({ hours, now: countsOf(hours, false), before: countsOf(hours, true) })),
      isPartial: (rows[0]?.counted ?? 0) >= MAX_COUNTED,
    };
  };
