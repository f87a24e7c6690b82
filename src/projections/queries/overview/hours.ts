import { sql } from 'slonik';
import { z } from 'zod';
import type { RowReader, RowReaderFor } from '../../../db/reader.ts';
import { EXECUTION_STATUSES } from '../../../domain/events/index.ts';
import { toInstant } from '../../../domain/values.ts';
import type { Clock } from '../../../world.ts';
import type { HourView } from '../port/overview.ts';
import type { Scope } from '../port/scope.ts';
import type { Queries } from '../port.ts';
import { bigint } from '../row.ts';
import { visible } from '../scope.ts';
import { views } from '../views.ts';

const HOUR_MS = 3_600_000;
/** Lateness is looked at in so many parts of each hour, at so many calls of each. */
const PARTS = 12;
const CALLS_OF_PART = 40;
/** A call within a second of its time is on time; what its jitter adds to that is none of lateness. */
const ON_TIME_MS = 1_000;

const CountRow = z.object({ hour_ms: z.number(), status: z.enum(EXECUTION_STATUSES), count: bigint });
const SpanRow = z.object({ hour_ms: z.number(), outcome: z.enum(['skipped', 'missed']), count: bigint });
const LatenessRow = z.object({
  hour_ms: z.number(),
  sample: bigint,
  median_ms: z.number(),
  p99_ms: z.number(),
  max_ms: z.number(),
});
type Rows = {
  readonly counts: readonly z.infer<typeof CountRow>[];
  readonly spans: readonly z.infer<typeof SpanRow>[];
  readonly lateness: readonly z.infer<typeof LatenessRow>[];
};

/** What happened in each of the last hours, oldest first; the last one is under way. */
export const hourlyStatistics =
  (readerFor: RowReaderFor, clock: Clock): Queries['hourlyStatistics'] =>
  async (scope, hours) => {
    const lastMs = Math.floor(clock.now() / HOUR_MS) * HOUR_MS;
    const firstMs = lastMs - (hours - 1) * HOUR_MS;
    const reader = readerFor(scope);
    const since = sql.fragment`${toInstant(firstMs)}::timestamptz`;
    const [counts, spans, lateness] = await Promise.all([
      reader.any(sql.type(CountRow)`
        SELECT date_trunc('hour', created_at, 'UTC') AS hour_ms, status, count(*) AS count
        FROM ${views.executions} JOIN ${visible(scope)} USING (tenant) WHERE created_at >= ${since} GROUP BY 1, 2`),
      reader.any(sql.type(SpanRow)`
        SELECT date_trunc('hour', last, 'UTC') AS hour_ms, outcome, count(*) AS count
        FROM ${views.slotRanges} JOIN ${visible(scope)} USING (tenant) WHERE last >= ${since} GROUP BY 1, 2`),
      latenessOf(reader, scope, { firstMs, hours }),
    ]);
    return Array.from({ length: hours }, (_, hour) => hourOf(firstMs + hour * HOUR_MS, { counts, spans, lateness }));
  };

/** Some calls of each part of each hour, so that a day costs the same however many calls it has. */
const latenessOf = (
  reader: RowReader,
  scope: Scope,
  { firstMs, hours }: { readonly firstMs: number; readonly hours: number },
): Promise<Rows['lateness']> =>
  reader.any(sql.type(LatenessRow)`
  SELECT date_trunc('hour', part, 'UTC') AS hour_ms, count(*) AS sample,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY late_ms) AS median_ms,
    percentile_cont(0.99) WITHIN GROUP (ORDER BY late_ms) AS p99_ms, max(late_ms) AS max_ms
  FROM ${visible(scope)}
  CROSS JOIN generate_series(0, ${hours * PARTS - 1}) AS place
  CROSS JOIN LATERAL (SELECT ${toInstant(firstMs)}::timestamptz + place * ${`${3_600 / PARTS} s`}::interval AS part) AS parts
  CROSS JOIN LATERAL (
    SELECT CASE WHEN late IS NULL THEN least(lateness, ${ON_TIME_MS}) ELSE lateness END AS late_ms FROM (
      SELECT late, greatest(0, extract(epoch FROM started_at - scheduled_at) * 1000)::double precision AS lateness
      FROM ${views.executions} AS execution
      WHERE execution.tenant = visible.tenant AND trigger = 'schedule' AND started_at IS NOT NULL
        AND created_at >= part AND created_at < part + ${`${3_600 / PARTS} s`}::interval
      ORDER BY created_at, id LIMIT ${CALLS_OF_PART}
    ) AS call
  ) AS sampled
  GROUP BY 1`);

const hourOf = (hourMs: number, { counts, spans, lateness }: Rows): HourView => {
  const countOf = (status: string): number =>
    counts.find((row) => row.hour_ms === hourMs && row.status === status)?.count ?? 0;
  const spansOf = (outcome: string): number =>
    spans.find((row) => row.hour_ms === hourMs && row.outcome === outcome)?.count ?? 0;
  const late = lateness.find((row) => row.hour_ms === hourMs);
  return {
    from: toInstant(hourMs),
    executions: {
      pending: countOf('pending'),
      running: countOf('running'),
      succeeded: countOf('succeeded'),
      failed: countOf('failed'),
      cancelled: countOf('cancelled'),
    },
    uncalled: { skipped: spansOf('skipped'), missed: spansOf('missed') },
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
