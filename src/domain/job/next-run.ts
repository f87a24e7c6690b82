import type { Blackouts } from '../closure/closure.ts';
import { onceAt, type RuleFields, type ScheduleFields } from '../events/index.ts';
import { firstOutsideClosures } from '../execution/overlap.ts';
import { compileSchedule, jobSlots, ScheduleRejected } from '../schedule/index.ts';
import { rulesOf } from './rules.ts';

/** The part of a definition that determines when a job runs. */
type ScheduledJob = ScheduleFields & RuleFields & { readonly jobId: number; readonly enabled: boolean };

type NextRunInput = {
  readonly nowMs: number;
  /** Number of slots called since the schedule last changed. */
  readonly runs: number;
  readonly closures: Blackouts;
};

/**
 * The next slot of a job that will be called, epoch ms: one outside calendar exclusions and pauses. Executions open at that
 * time may still block it.
 * @returns `undefined` for a job without such a slot or a disabled job
 */
export const nextRunMs = (job: ScheduledJob, { nowMs, runs, closures }: NextRunInput): number | undefined => {
  if (!job.enabled || (job.maxRuns !== undefined && runs >= job.maxRuns)) return undefined;
  try {
    const slots = jobSlots({ schedule: compileSchedule(job), jobId: job.jobId, jitterMs: rulesOf(job).jitterMs });
    return firstOutsideClosures({ cursorMs: nowMs }, { slots, closures });
  } catch (error) {
    // A process with newer zone data accepted the zone; the job must still be shown.
    if (error instanceof ScheduleRejected) return undefined;
    throw error;
  }
};

/**
 * Returns whether no slot of the job is due after this instant.
 * @param runs - number of slots called since the schedule last changed
 */
export const isCompleted = (
  job: Omit<ScheduledJob, 'enabled'>,
  { nowMs, runs }: { nowMs: number; runs: number },
): boolean => {
  if (job.maxRuns !== undefined && runs >= job.maxRuns) return true;
  // Avoids compiling in lists: any other schedule never ends.
  if (job.endAt === undefined && onceAt(job.schedule) === undefined) return false;
  const { jitterMs } = rulesOf(job);
  try {
    const { next, previous, dueMs } = jobSlots({ schedule: compileSchedule(job), jobId: job.jobId, jitterMs });
    const last = previous(nowMs, nowMs - jitterMs);
    return next(nowMs) === undefined && (last === undefined || dueMs(last) <= nowMs);
  } catch (error) {
    // A process with newer zone data accepted the zone; the job must still be shown.
    if (error instanceof ScheduleRejected) return false;
    throw error;
  }
};
