import { type FragmentSqlToken, sql } from 'slonik';
import { z } from 'zod';
import type { RowReader } from '../../../db/reader.ts';
import { LATE_REASONS, NOT_CALLED_REASONS } from '../../../domain/events/index.ts';
import type { SlotCounts } from '../../../domain/ledger/explain-slot.ts';
import { type DefinitionPeriod, slotsOf } from '../../../domain/ledger/periods.ts';
import { toInstant } from '../../../domain/values.ts';
import type { Clock } from '../../../runtime/runtime.ts';
import { createYielder } from '../../yielder.ts';
import type { QueryContext } from '../context.ts';
import { createdFrom } from '../filters.ts';
import { bigint, isId } from '../row.ts';
import { isOfBoundJob, type Scope, visible } from '../scope.ts';
import { views } from '../views.ts';
import { loadPeriods } from './load.ts';

/** Outcomes of the slots of a day. */
export type SlotDay = SlotCounts & {
  /** Called slots, on time or late, whose execution failed. */
  readonly failed: number;
};

/** Maximum count per day of slots in a range across midnight. */
const MAX_OF_A_DAY = 1_000;

const CalledRow = z.object({ day: z.int(), reason: z.enum(LATE_REASONS).nullable(), slots: bigint, failed: bigint });
const UncalledRow = z.object({
  day: z.int(),
  outcome: z.enum(['skipped', 'missed']),
  reason: z.enum(NOT_CALLED_REASONS),
  slots: bigint,
});
const LongRow = UncalledRow.omit({ day: true, slots: true }).extend({ first_ms: z.number(), last_ms: z.number() });

/** A range of slots, and the definitions that they belong to. */
type LongRange = z.infer<typeof LongRow> & { readonly periods: readonly DefinitionPeriod[] };
const DISABLED = { outcome: 'skipped', reason: 'DISABLED' } as const;

type CalledRow = z.infer<typeof CalledRow>;
type UncalledRow = z.infer<typeof UncalledRow>;

/** The slots of a job to count, from each midnight to the next. */
type DaysOfJob = {
  readonly reader: RowReader;
  readonly clock: Clock;
  readonly scope: Scope;
  readonly jobId: number;
  readonly midnightsMs: readonly number[];
};

/**
 * Counts the settled slots of a job from each of these instants to the next one. Slots are counted one by one only in
 * ranges that include a midnight, and while the job was disabled.
 */
export const slotDays =
  ({ readerFor, clock }: QueryContext) =>
  async (scope: Scope, jobId: number, midnightsMs: readonly number[]): Promise<readonly SlotDay[]> => {
    if (!isId(jobId)) return [];
    const requested = { reader: readerFor(scope), clock, scope, jobId, midnightsMs };
    const [called, short, long] = await Promise.all([
      calledSlots(requested),
      rangesOfADay(requested),
      rangesOverMidnight(requested),
    ]);
    const notCalled = [...short, ...long];
    return midnightsMs.slice(1).map((_, place) => {
      const isOfDay = ({ day }: { readonly day: number }): boolean => day === place + 1;
      return dayOf(called.filter(isOfDay), notCalled.filter(isOfDay));
    });
  };

const dayOf = (called: readonly CalledRow[], notCalled: readonly UncalledRow[]): SlotDay => ({
  fired: sumOf(called.filter(({ reason }) => reason === null)),
  late: byReason(called),
  skipped: byReason(notCalled.filter(({ outcome }) => outcome === 'skipped')),
  missed: byReason(notCalled.filter(({ outcome }) => outcome === 'missed')),
  failed: called.reduce((sum, { failed }) => sum + failed, 0),
});

const sumOf = (rows: readonly { readonly slots: number }[]): number => rows.reduce((sum, { slots }) => sum + slots, 0);

const byReason = <Reason extends string>(
  rows: readonly { readonly reason: Reason | null; readonly slots: number }[],
): Partial<Record<Reason, number>> => {
  const counts: Partial<Record<Reason, number>> = {};
  for (const { reason, slots } of rows) if (reason !== null) counts[reason] = (counts[reason] ?? 0) + slots;
  return counts;
};

const instantAt = (ms: number | undefined): FragmentSqlToken => sql.fragment`${toInstant(ms ?? 0)}::timestamptz`;

const boundsOf = ({ midnightsMs }: DaysOfJob) => ({
  from: instantAt(midnightsMs[0]),
  to: instantAt(midnightsMs.at(-1)),
  /** Number of the day of an instant, from 1. */
  dayAt: (column: FragmentSqlToken): FragmentSqlToken =>
    sql.fragment`width_bucket(${column}, ${sql.array(midnightsMs.map(toInstant), 'timestamptz')})`,
});

/** A slot cancelled before its call counts by its range, and one that waits for its call is not settled. */
const calledSlots = (requested: DaysOfJob): Promise<readonly CalledRow[]> => {
  const { from, to, dayAt } = boundsOf(requested);
  return requested.reader.any(sql.type(CalledRow)`
    SELECT ${dayAt(sql.fragment`scheduled_at`)} AS day, late AS reason, count(*)::bigint AS slots,
      count(*) FILTER (WHERE status = 'failed')::bigint AS failed
    FROM ${views.executions} AS execution JOIN ${visible(requested.scope)} USING (tenant)
    WHERE job_id = ${requested.jobId} AND trigger = 'schedule' AND scheduled_at >= ${from} AND scheduled_at < ${to}
      AND ${createdFrom(from)} AND ${isOfBoundJob(requested.scope, sql.fragment`execution`)}
      AND NOT (status = 'pending' AND NOT called)
      AND NOT (status = 'cancelled' AND EXISTS (
        SELECT FROM ${views.slotRanges} AS range WHERE range.job_id = execution.job_id
          AND range.last = execution.scheduled_at AND range.execution_id = execution.id))
    GROUP BY 1, 2`);
};

const rangesOfADay = (requested: DaysOfJob): Promise<readonly UncalledRow[]> => {
  const { from, to, dayAt } = boundsOf(requested);
  return requested.reader.any(sql.type(UncalledRow)`
    SELECT ${dayAt(sql.fragment`last`)} AS day, outcome, reason, sum(slots)::bigint AS slots
    FROM ${views.slotRanges} AS range JOIN ${visible(requested.scope)} USING (tenant)
    WHERE job_id = ${requested.jobId} AND last >= ${from} AND last < ${to}
      AND ${isOfBoundJob(requested.scope, sql.fragment`range`)}
      AND ${dayAt(sql.fragment`first`)} = ${dayAt(sql.fragment`last`)}
    GROUP BY 1, 2, 3`);
};

/** Ranges of a job do not overlap: at most one that ends after the days begins before their end. */
const rangesOverMidnight = async (requested: DaysOfJob): Promise<readonly UncalledRow[]> => {
  const { reader, scope, jobId, midnightsMs } = requested;
  const { from, to, dayAt } = boundsOf(requested);
  const ofJob = sql.fragment`
    FROM ${views.slotRanges} AS range JOIN ${visible(scope)} USING (tenant)
    WHERE job_id = ${jobId} AND ${isOfBoundJob(scope, sql.fragment`range`)}`;
  const recorded = await reader.any(sql.type(LongRow)`
    SELECT outcome, reason, first AS first_ms, last AS last_ms FROM (
      (SELECT first, last, outcome, reason ${ofJob} AND last >= ${from} AND last < ${to})
      UNION ALL (SELECT first, last, outcome, reason ${ofJob} AND last >= ${to} ORDER BY last LIMIT 1)
    ) AS range
    WHERE first < ${to} AND ${dayAt(sql.fragment`first`)} <> ${dayAt(sql.fragment`last`)}`);
  const [firstMs = 0, endMs = 0] = [midnightsMs[0], midnightsMs.at(-1)];
  const search = { scope, jobId, outcomes: undefined, after: { slotMs: firstMs - 1, jobId }, untilMs: endMs };
  const ledger = { reader, nowMs: requested.clock.now(), periods: sql.fragment`${views.definitionsInForce}` };
  const periods = (await loadPeriods(ledger, search, [jobId])).get(jobId) ?? [];
  const ranges: LongRange[] = [
    ...recorded.map((range) => ({ ...range, periods: periods.filter(({ isDisabled }) => !isDisabled) })),
    ...periods
      .filter(({ isDisabled }) => isDisabled)
      .map((period) => ({ ...DISABLED, first_ms: period.afterMs + 1, last_ms: period.untilMs, periods: [period] })),
  ];
  const others = createYielder(requested.clock);
  const rows: UncalledRow[] = [];
  for (const { outcome, reason, first_ms, last_ms, periods } of ranges) {
    for (const [place, startMs] of midnightsMs.slice(0, -1).entries()) {
      const nextMs = midnightsMs[place + 1] ?? startMs;
      const within = { afterMs: Math.max(startMs, first_ms) - 1, untilMs: Math.min(nextMs - 1, last_ms) };
      if (within.untilMs <= within.afterMs) continue;
      const slots = slotsOf(periods, within).take(MAX_OF_A_DAY).toArray().length;
      if (slots > 0) rows.push({ day: place + 1, outcome, reason, slots });
      await others.yieldIfDue();
    }
  }
  return rows;
};
