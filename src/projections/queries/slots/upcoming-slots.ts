import { setImmediate } from 'node:timers/promises';
import { sql } from 'slonik';
import { z } from 'zod';
import type { RowReader, RowReaderFor } from '../../../db/reader.ts';
import { rulesOf } from '../../../domain/job/rules.ts';
import { closureAt, NO_CLOSURES } from '../../../domain/runs/closures.ts';
import { compileSchedule, jobSlots, scheduleKey, slots } from '../../../domain/schedule/index.ts';
import { toInstant } from '../../../domain/values.ts';
import type { Clock } from '../../../world.ts';
import type { SlotsAhead, UpcomingJob } from '../port/overview.ts';
import type { Queries } from '../port.ts';
import { bigint, json } from '../row.ts';
import { visible } from '../scope.ts';
import { views } from '../views.ts';
import type { SlotIndex, SlotJob } from './slot-index.ts';

const MOST_JOBS = 50;
/** A job in a closure is looked at slot by slot; after so many, the rest of it is not counted. */
const MOST_SLOTS_OF_JOB = 4_000;
const AT_ONCE = 250;

/** All jobs in one row: a row for each of 10,000 takes far longer to read. */
const RevisionsRow = z.object({ job_ids: json.pipe(z.array(z.int())), revisions: json.pipe(z.array(z.int())) });
const NameRow = z.object({ job_id: bigint, name: z.string() });

/** Counts what comes due: jobs of the same schedule once together, those in a closure one by one. */
export const upcomingSlots =
  (readerFor: RowReaderFor, clock: Clock, slotIndex: SlotIndex): Queries['upcomingSlots'] =>
  async (scope, ahead) => {
    const reader = readerFor(scope);
    const nowMs = clock.now();
    const { job_ids, revisions: numbers } = await reader.one(sql.type(RevisionsRow)`
      SELECT coalesce(json_agg(job_id), '[]')::text AS job_ids, coalesce(json_agg(revision), '[]')::text AS revisions
      FROM (
        SELECT listed.job_id, listed.revision FROM ${views.jobs} AS listed JOIN ${visible(scope)} USING (tenant)
        WHERE NOT listed.deleted AND listed.enabled
      ) AS found`);
    const revisions = job_ids.map((jobId, place) => ({ jobId, revision: numbers[place] ?? 0 }));
    const jobs = (await slotIndex.jobsOf(reader, revisions, nowMs)).filter(
      ({ nextMs }) => nextMs !== undefined && nextMs <= nowMs + ahead.lengthMs,
    );
    return {
      from: toInstant(nowMs),
      to: toInstant(nowMs + ahead.lengthMs),
      counts: await countsOf(jobs, ahead, nowMs),
      first: await firstOf(reader, jobs),
    };
  };

const countsOf = async (
  jobs: readonly SlotJob[],
  { lengthMs, parts }: SlotsAhead,
  nowMs: number,
): Promise<number[]> => {
  const counts = Array.from({ length: parts }, () => 0);
  const partMs = lengthMs / parts;
  const add = (slotMs: number, by: number) => {
    const part = Math.min(parts - 1, Math.max(0, Math.ceil((slotMs - nowMs) / partMs) - 1));
    counts[part] = (counts[part] ?? 0) + by;
  };
  const isPlain = ({ closures, jitter, maxRuns }: SlotJob): boolean =>
    closures === NO_CLOSURES && jitter === undefined && maxRuns === undefined;
  for (const [, [job, ...others]] of Map.groupBy(jobs.filter(isPlain), scheduleKey)) {
    if (job === undefined) continue;
    const { count } = compileSchedule(job);
    for (let part = 0; part < parts; part += 1) {
      const afterMs = Math.floor(nowMs + part * partMs);
      const due = count(afterMs, Math.floor(nowMs + (part + 1) * partMs), MOST_SLOTS_OF_JOB);
      counts[part] =
        (counts[part] ?? 0) + (due === undefined ? 0 : (due.count ?? MOST_SLOTS_OF_JOB) * (others.length + 1));
    }
  }
  let looked = 0;
  for (const job of jobs.filter((each) => !isPlain(each))) {
    looked += 1;
    if (looked % AT_ONCE === 0) await setImmediate();
    let taken = 0;
    const most = job.maxRuns === undefined ? MOST_SLOTS_OF_JOB : job.maxRuns - job.runs;
    for (const slotMs of slots(
      jobSlots({ schedule: compileSchedule(job), jobId: job.jobId, jitterMs: rulesOf(job).jitterMs }),
      nowMs,
    )) {
      if (slotMs > nowMs + lengthMs || taken >= most || taken >= MOST_SLOTS_OF_JOB) break;
      if (closureAt(job.closures, slotMs) !== undefined) continue;
      taken += 1;
      add(slotMs, 1);
    }
  }
  return counts;
};

const firstOf = async (reader: RowReader, jobs: readonly SlotJob[]): Promise<UpcomingJob[]> => {
  const first = jobs
    .flatMap(({ jobId, timezone, nextMs }) => (nextMs === undefined ? [] : [{ jobId, timezone, nextMs }]))
    .sort((a, b) => a.nextMs - b.nextMs || a.jobId - b.jobId)
    .slice(0, MOST_JOBS);
  const named = await reader.any(sql.type(NameRow)`
    SELECT job_id, name FROM ${views.jobs} WHERE job_id = ANY (${sql.array(
      first.map(({ jobId }) => jobId),
      'int8',
    )})`);
  const names = new Map(named.map(({ job_id, name }) => [job_id, name]));
  return first.map(({ jobId, timezone, nextMs }) => ({
    jobId,
    name: names.get(jobId) ?? '',
    timezone,
    at: toInstant(nextMs),
  }));
};
