import { sql } from 'slonik';
import { z } from 'zod';
import { QueryAbandoned, QueryTooSlow } from '../../../db/reader.ts';
import type { Blackout } from '../../../domain/closure/closure.ts';
import { withMovedSlots } from '../../../domain/closure/shift.ts';
import { compileSchedule, type JobSlots, scheduleKey } from '../../../domain/schedule/index.ts';
import { Instant, toInstant } from '../../../domain/values.ts';
import { createYielder, type Yielder } from '../../yielder.ts';
import type { QueryContext, SlotJob } from '../context.ts';
import { type JobNames, namesOfJobs } from '../job-names.ts';
import { json } from '../row.ts';
import { isOfBound, type Scope, visible } from '../scope.ts';
import { views } from '../views.ts';

/** The time span to count in, from now, and the number of its equal parts. */
export type SlotsAhead = { readonly lengthMs: number; readonly parts: number };

const UpcomingJob = z.object({
  jobId: z.int(),
  jobName: z.string(),
  applicationId: z.int(),
  applicationName: z.string().optional(),
  timezone: z.string(),
  at: Instant,
});
type UpcomingJob = z.infer<typeof UpcomingJob>;

export const UpcomingSlots = z
  .object({
    from: Instant,
    to: Instant,
    counts: z.array(z.int()).meta({ description: 'Number of slots due in each of 60 equal parts of this time span' }),
    first: z.array(UpcomingJob).meta({ description: 'The jobs that run next, each with its next slot; at most 50' }),
  })
  .meta({ id: 'Upcoming' });
export type UpcomingSlots = z.infer<typeof UpcomingSlots>;

const MAX_JOBS = 50;

/** All jobs in one row: a row for each of 10,000 would be slower to read. */
const RevisionsRow = z.object({ job_ids: json.pipe(z.array(z.int())), revisions: json.pipe(z.array(z.int())) });

/** Counts the slots due in each part of the time span, and lists the jobs that run next. */
export const upcomingSlots =
  (context: QueryContext) =>
  async (scope: Scope, ahead: SlotsAhead): Promise<UpcomingSlots> => {
    const { clock, slotIndex } = context;
    const reader = context.readerFor(scope);
    const nowMs = clock.now();
    const { job_ids, revisions: numbers } = await reader.one(sql.type(RevisionsRow)`
      SELECT coalesce(json_agg(job_id), '[]')::text AS job_ids, coalesce(json_agg(revision), '[]')::text AS revisions
      FROM (
        SELECT listed.job_id, listed.revision FROM ${views.jobs} AS listed JOIN ${visible(scope)} USING (tenant)
        WHERE NOT listed.deleted AND listed.enabled AND ${isOfBound(scope, sql.fragment`listed`)}
      ) AS found`);
    const revisions = job_ids.map((jobId, place) => ({ jobId, revision: numbers[place] ?? 0 }));
    const jobs = (await slotIndex.jobsOf(reader, revisions, nowMs)).filter(
      ({ nextMs }) => nextMs !== undefined && nextMs <= nowMs + ahead.lengthMs,
    );
    return {
      from: toInstant(nowMs),
      to: toInstant(nowMs + ahead.lengthMs),
      counts: await countSlots(jobs, { ...ahead, nowMs, others: createYielder(clock), signal: scope.signal }),
      first: await firstOf(jobs, (ids) => namesOfJobs(context)(scope, ids)),
    };
  };

const firstOf = async (
  jobs: readonly SlotJob[],
  namesOf: (jobIds: readonly number[]) => Promise<ReadonlyMap<number, JobNames>>,
): Promise<UpcomingJob[]> => {
  const first = jobs
    .flatMap(({ jobId, timezone, nextMs }) => (nextMs === undefined ? [] : [{ jobId, timezone, nextMs }]))
    .sort((a, b) => a.nextMs - b.nextMs || a.jobId - b.jobId)
    .slice(0, MAX_JOBS);
  const names = await namesOf(first.map(({ jobId }) => jobId));
  return first.flatMap(({ jobId, timezone, nextMs }) => {
    const named = names.get(jobId);
    return named === undefined ? [] : [{ jobId, ...named, timezone, at: toInstant(nextMs) }];
  });
};

type CountInput = SlotsAhead & {
  readonly nowMs: number;
  readonly others: Yielder;
  /** Aborted when the caller no longer waits. */
  readonly signal: AbortSignal | undefined;
};

/** Jobs with the same slots and the same blackout windows. */
type AlikeJobs = {
  readonly slots: JobSlots;
  readonly closures: readonly Blackout[];
  /** The number of slots that each job will still call. */
  readonly runsLeft: number;
  jobs: number;
};

/** Visiting this number of slots and blackout windows takes about two seconds. */
const MAX_LOOKS = 1_000_000;
const LOOKS_OF_A_TURN = 256;

/**
 * Counts the due slots of jobs in each part of the time span, without slots in blackout windows. Jobs with equal slots are
 * counted together.
 * @throws QueryTooSlow, QueryAbandoned
 */
export const countSlots = async (jobs: readonly SlotJob[], input: CountInput): Promise<number[]> => {
  const { nowMs, lengthMs, parts, others, signal } = input;
  const untilMs = nowMs + lengthMs;
  const counts = Array.from({ length: parts }, () => 0);
  const partMs = lengthMs / parts;
  let looks = 0;
  for (const { slots, closures, runsLeft, jobs: count } of await alikeOf(jobs, input)) {
    let closed = 0;
    const lastMs = slots.placeMs(untilMs);
    let slotMs = slots.next(slots.placeMs(nowMs));
    for (let taken = 0; slotMs !== undefined && slotMs <= lastMs && taken < runsLeft; ) {
      looks += 1;
      if (looks > MAX_LOOKS) throw new QueryTooSlow('too many slots are due in this time span. Request fewer minutes.');
      if (looks % LOOKS_OF_A_TURN === 0) await others.yieldIfDue();
      if (signal?.aborted) throw new QueryAbandoned('the caller closed the connection');
      const closure = closures[closed];
      if (closure !== undefined && closure.untilMs <= slotMs) closed += 1;
      else if (closure !== undefined && closure.fromMs <= slotMs) slotMs = slots.next(closure.untilMs - 1);
      else {
        const part = Math.min(parts - 1, Math.max(0, Math.ceil((slots.dueMs(slotMs) - nowMs) / partMs) - 1));
        counts[part] = (counts[part] ?? 0) + count;
        taken += 1;
        slotMs = slots.next(slotMs);
      }
    }
  }
  return counts;
};

const alikeOf = async (
  jobs: readonly SlotJob[],
  { nowMs, lengthMs, others }: CountInput,
): Promise<readonly AlikeJobs[]> => {
  const alike = new Map<string, AlikeJobs>();
  const untilMs = nowMs + lengthMs;
  for (const job of jobs) {
    await others.yieldIfDue();
    const { slots, ...timed } = withMovedSlots({ rules: job, slots: compileSchedule(job), closures: job.closures });
    const closures = timed.closures(slots.placeMs(nowMs), slots.placeMs(untilMs));
    const runsLeft = job.maxRuns === undefined ? Number.POSITIVE_INFINITY : job.maxRuns - job.runs;
    const spans = closures.map(({ fromMs, untilMs }) => `${fromMs} ${untilMs}`);
    const moves = job.calendar?.shift === undefined ? [] : [job.jobId];
    const key = [scheduleKey(job), runsLeft, ...moves, ...spans].join('\n');
    const known = alike.get(key);
    if (known === undefined) alike.set(key, { slots, closures, runsLeft, jobs: 1 });
    else known.jobs += 1;
  }
  return [...alike.values()];
};
