import { sql } from 'slonik';
import { z } from 'zod';
import type { RowReader, RowReaderFor } from '../../../db/reader.ts';
import { toInstant } from '../../../domain/values.ts';
import type { Clock } from '../../../runtime/world.ts';
import { takeTurns } from '../../turns.ts';
import type { SlotsAhead, UpcomingJob, UpcomingSlots } from '../port/overview.ts';
import type { Scope } from '../port/scope.ts';
import { bigint, json } from '../row.ts';
import { isOfBound, visible } from '../scope.ts';
import { views } from '../views.ts';
import { countSlots } from './count-slots.ts';
import type { SlotIndex, SlotJob } from './slot-index.ts';

const MOST_JOBS = 50;

/** All jobs in one row: a row for each of 10,000 takes far longer to read. */
const RevisionsRow = z.object({ job_ids: json.pipe(z.array(z.int())), revisions: json.pipe(z.array(z.int())) });
const NameRow = z.object({ job_id: bigint, name: z.string() });

/** How many slots come due in each part of the time ahead, and which jobs run next. */
export const upcomingSlots =
  (readerFor: RowReaderFor, clock: Clock, slotIndex: SlotIndex) =>
  async (scope: Scope, ahead: SlotsAhead): Promise<UpcomingSlots> => {
    const reader = readerFor(scope);
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
      counts: await countSlots(jobs, { ...ahead, nowMs, others: takeTurns(clock), signal: scope.signal }),
      first: await firstOf(reader, jobs),
    };
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
