import { type JobDefinition, onceAt } from '../events/index.ts';
import { compileSchedule, jobSlots, ScheduleRefused } from '../schedule/index.ts';
import { rulesOf } from './rules.ts';

/**
 * Whether none of a job's slots is due after this instant.
 * @param runs how many slots were called since the schedule last changed
 */
export const isCompleted = (job: JobDefinition, { nowMs, runs }: { nowMs: number; runs: number }): boolean => {
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
    if (error instanceof ScheduleRefused) return false;
    throw error;
  }
};
