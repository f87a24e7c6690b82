import type { Blackouts } from '../closure/closure.ts';
import { onceAt, type RuleFields, type ScheduleFields } from '../events/index.ts';
import { firstOutsideClosures } from '../execution/overlap.ts';
import { compileSchedule, jobSlots, ScheduleRejected } from '../schedule/index.ts';
import { rulesOf } from './rules.ts';

/** The part of a definition that says when a job runs. */
type ScheduledJob = ScheduleFields & RuleFields & { readonly jobId: number; readonly enabled: boolean };

type NextRunInput = {
  readonly nowMs: number;
  /** How many slots were called since the schedule last changed. */
  readonly runs: number;
  readonly closures: Blackouts;
};

/**
 * The next slot of a job that is to be called, epoch ms: one in no calendar's dates and no pause. What is open by then
 * may still keep it from being called.
 * @returns undefined for a job without such a slot, and for one that is disabled
 */
export const nextRunMs = (job: ScheduledJob, { nowMs, runs, closures }: NextRunInput): number | undefined => {
  if (!job.enabled || (job.maxRuns !== undefined && runs >= job.maxRuns)) return undefined;
  try {
    const slots = jobSlots({ schedule: compileSchedule(job), jobId: job.jobId, jitterMs: rulesOf(job).jitterMs });
    return firstOutsideClosures({ cursorMs: nowMs }, { slots, closures });
  } catch (error) {
    // A process with newer zone data accepted the zone. That job has to be shown all the same.
    if (error instanceof ScheduleRejected) return undefined;
    throw error;
  }
};

/**
 * Whether none of a job's slots is due after this instant.
 * @param runs how many slots were called since the schedule last changed
 */
export const isCompleted = (
  job: Omit<ScheduledJob, 'enabled'>,
  { nowMs, runs }: { nowMs: number; runs: number },
): boolean => {
  if (job.maxRuns !== undefined && runs >= job.maxRuns) return true;
  // Spares compiling in lists: any other schedule goes on.
  if (job.endAt === undefined && onceAt(job.schedule) === undefined) return false;
  const { jitterMs } = rulesOf(job);
  try {
    const { next, previous, dueMs } = jobSlots({ schedule: compileSchedule(job), jobId: job.jobId, jitterMs });
    const last = previous(nowMs, nowMs - jitterMs);
    return next(nowMs) === undefined && (last === undefined || dueMs(last) <= nowMs);
  } catch (error) {
    // A process with newer zone data accepted the zone. That job has to be shown all the same.
    if (error instanceof ScheduleRejected) return false;
    throw error;
  }
};
