import { sql } from 'slonik';
import { z } from 'zod';
import type { RowReader } from '../../../db/reader.ts';
import type { ExecutionStatus } from '../../../domain/events/index.ts';
import { Instant, toInstant } from '../../../domain/values.ts';
import type { QueryContext } from '../context.ts';
import { bigint } from '../row.ts';
import { isOfBound, isOfBoundJob, type Scope, visible } from '../scope.ts';
import { views } from '../views.ts';

/** What happened in an hour. */
export const HourView = z
  .object({
    from: Instant,
    executions: z
      .object({ pending: z.int(), running: z.int(), succeeded: z.int(), failed: z.int(), cancelled: z.int() })
      .meta({ description: 'Executions created in this hour, by current status' }),
    notCalled: z.object({ skipped: z.int(), missed: z.int() }).meta({
      description: 'Slots settled without a call; slots settled together count in the hour of the last one',
    }),
    lateness: z
      .object({ sample: z.int(), medianMs: z.int(), p99Ms: z.int(), maxMs: z.int() })
      .nullable()
      .meta({ description: 'Delay between the time of a slot and its call, of a sample from every 5 minutes' }),
  })
  .meta({ id: 'Hour' });
export type HourView = z.infer<typeof HourView>;

const HOUR_MS = 3_600_000;
/** Lateness is sampled: up to `CALLS_OF_PART` calls from each of the `PARTS` parts of an hour. */
const PARTS = 12;
const CALLS_OF_PART = 40;
/** A call within a second of its slot is on time. Jitter doesn't count as lateness. */
const ON_TIME_MS = 1_000;

const CountRow = z.object({
  hour: z.int(),
  created: bigint,
  pending: bigint,
  running: bigint,
  failed: bigint,
  cancelled: bigint,
});
const UncalledRow = z.object({ hour_ms: z.number(), outcome: z.enum(['skipped', 'missed']), count: bigint });
const LatenessRow = z.object({
  hour: z.int(),
  sample: bigint,
  median_ms: z.number(),
  p99_ms: z.number(),
  max_ms: z.number(),
});
type Rows = {
  readonly counts: readonly z.infer<typeof CountRow>[];
  readonly notCalled: readonly z.infer<typeof UncalledRow>[];
  readonly lateness: readonly z.infer<typeof LatenessRow>[];
};

/** What happened in each of the last hours, oldest first. The last hour is incomplete. */
export const hourlyStatistics =
  ({ readerFor, clock }: QueryContext) =>
  async (scope: Scope, hours: number): Promise<readonly HourView[]> => {
    const lastMs = Math.floor(clock.now() / HOUR_MS) * HOUR_MS;
    const firstMs = lastMs - (hours - 1) * HOUR_MS;
    const reader = readerFor(scope);
    const since = sql.fragment`${toInstant(firstMs)}::timestamptz`;
    const [counts, notCalled, lateness] = await Promise.all([
      countsOf(reader, scope, { firstMs, hours }),
      reader.any(sql.type(UncalledRow)`
        SELECT date_trunc('hour', last, 'UTC') AS hour_ms, outcome, sum(slots)::bigint AS count
        FROM ${views.slotRanges} AS range JOIN ${visible(scope)} USING (tenant)
        WHERE last >= ${since} AND ${isOfBoundJob(scope, sql.fragment`range`)} GROUP BY 1, 2`),
      latenessOf(reader, scope, { firstMs, hours }),
    ]);
    const rows = { counts, notCalled, lateness };
    return Array.from({ length: hours }, (_, hour) => hourOf({ hour, hourMs: firstMs + hour * HOUR_MS }, rows));
  };

type HourSpan = { readonly firstMs: number; readonly hours: number };

/**
 * Counts with indexes alone: all executions of an hour, and the open, failed and cancelled ones; the rest succeeded. This is
 * faster than reading the status of each. The condition on the first hour excludes older partitions.
 */
const countsOf = (reader: RowReader, scope: Scope, { firstMs, hours }: HourSpan): Promise<Rows['counts']> => {
  const since = sql.fragment`${toInstant(firstMs)}::timestamptz`;
  const ofHour = sql.fragment`execution.tenant = visible.tenant AND ${isOfBound(scope, sql.fragment`execution`)}
    AND created_at >= ${since}
    AND created_at >= ${since} + hour * interval '1 hour' AND created_at < ${since} + (hour + 1) * interval '1 hour'`;
  const counted = (status: ExecutionStatus) => sql.fragment`count(*) FILTER (WHERE status = ${status})`;
  return reader.any(sql.type(CountRow)`
    SELECT hour, sum(created)::bigint AS created, sum(pending)::bigint AS pending, sum(running)::bigint AS running,
      sum(failed)::bigint AS failed, sum(cancelled)::bigint AS cancelled
    FROM ${visible(scope)} CROSS JOIN generate_series(0, ${hours - 1}) AS hour
    CROSS JOIN LATERAL (SELECT count(*) AS created FROM ${views.executions} AS execution WHERE ${ofHour}) AS of_all
    CROSS JOIN LATERAL (
      SELECT ${counted('pending')} AS pending, ${counted('running')} AS running
      FROM ${views.executions} AS execution WHERE ${ofHour} AND is_open
    ) AS of_open
    CROSS JOIN LATERAL (
      SELECT ${counted('failed')} AS failed, ${counted('cancelled')} AS cancelled
      FROM ${views.executions} AS execution WHERE ${ofHour} AND NOT is_open AND status IN ('failed', 'cancelled')
    ) AS of_others
    GROUP BY hour`);
};

/** Samples calls from each part of each hour, so that a day with many calls costs no more than one with few. */
const latenessOf = (reader: RowReader, scope: Scope, { firstMs, hours }: HourSpan): Promise<Rows['lateness']> =>
  reader.any(sql.type(LatenessRow)`
  SELECT place / ${PARTS} AS hour, count(*) AS sample,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY late_ms) AS median_ms,
    percentile_cont(0.99) WITHIN GROUP (ORDER BY late_ms) AS p99_ms, max(late_ms) AS max_ms
  FROM ${visible(scope)}
  CROSS JOIN generate_series(0, ${hours * PARTS - 1}) AS place
  CROSS JOIN LATERAL (SELECT ${toInstant(firstMs)}::timestamptz + place * ${`${3_600 / PARTS} s`}::interval AS part) AS parts
  CROSS JOIN LATERAL (
    SELECT CASE WHEN late IS NULL THEN least(lateness, ${ON_TIME_MS}) ELSE lateness END AS late_ms FROM (
      SELECT late, greatest(0, date_part('epoch', started_at - coalesce(due_at, scheduled_at)) * 1000) AS lateness
      FROM ${views.executions} AS execution
      WHERE execution.tenant = visible.tenant AND ${isOfBound(scope, sql.fragment`execution`)}
        AND trigger = 'schedule' AND started_at IS NOT NULL
        AND created_at >= ${toInstant(firstMs)}::timestamptz AND created_at >= part AND created_at < part + ${`${3_600 / PARTS} s`}::interval
      ORDER BY created_at, id LIMIT ${CALLS_OF_PART}
    ) AS call
  ) AS sampled
  GROUP BY 1`);

const NONE = { created: 0, pending: 0, running: 0, failed: 0, cancelled: 0 };

const hourOf = (
  { hour, hourMs }: { readonly hour: number; readonly hourMs: number },
  { counts, notCalled, lateness }: Rows,
): HourView => {
  const { created, pending, running, failed, cancelled } = counts.find((row) => row.hour === hour) ?? NONE;
  const uncalledAs = (outcome: string): number =>
    notCalled.find((row) => row.hour_ms === hourMs && row.outcome === outcome)?.count ?? 0;
  const late = lateness.find((row) => row.hour === hour);
  return {
    from: toInstant(hourMs),
    executions: { pending, running, succeeded: created - pending - running - failed - cancelled, failed, cancelled },
    notCalled: { skipped: uncalledAs('skipped'), missed: uncalledAs('missed') },
    lateness:
      late === undefined
        ? null
        : {
            sample: late.sample,
            medianMs: Math.round(late.median_ms),
            p99Ms: Math.round(late.p99_ms),
            maxMs: Math.round(late.max_ms),
          },
  };
};
