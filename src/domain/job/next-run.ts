import type { Blackouts } from '../closure/closure.ts';
import { withMovedSlots } from '../closure/shift.ts';
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
  /** Slots up to here are settled, epoch ms; needed only for a job whose calendars move slots. */
  readonly cursorMs?: number | undefined;
};

/**
 * When the next slot of a job will be called, epoch ms, without jitter: one outside calendar exclusions and pauses. Executions open at that
 * time may still block it.
 * @returns `undefined` for a job without such a slot or a disabled job
 */
export const nextRunMs = (
  job: ScheduledJob,
  { nowMs, runs, closures, cursorMs = Number.NEGATIVE_INFINITY }: NextRunInput,
): number | undefined => {
  if (!job.enabled || (job.maxRuns !== undefined && runs >= job.maxRuns)) return undefined;
  try {
    const timed = withMovedSlots({ rules: { calendar: job.calendar }, slots: compileSchedule(job), closures });
    const slotMs = firstOutsideClosures({ cursorMs: Math.max(cursorMs, timed.slots.placeMs(nowMs)) }, timed);
    return slotMs === undefined ? undefined : timed.slots.dueMs(slotMs);
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
  { nowMs, runs, cursorMs = nowMs }: Pick<NextRunInput, 'nowMs' | 'runs' | 'cursorMs'>,
): boolean => {
  if (job.maxRuns !== undefined && runs >= job.maxRuns) return true;
  // Avoids compiling in lists: any other schedule never ends.
  if (job.endAt === undefined && onceAt(job.schedule) === undefined) return false;
  const { jitterMs } = rulesOf(job);
  try {
    const { next, previous, dueMs } = jobSlots({ schedule: compileSchedule(job), jobId: job.jobId, jitterMs });
    // A slot that a calendar moves is due while it is not settled.
    if (job.calendar?.shift !== undefined) return next(cursorMs) === undefined;
    const last = previous(nowMs, nowMs - jitterMs);
    return next(nowMs) === undefined && (last === undefined || dueMs(last) <= nowMs);
  } catch (error) {
    // A process with newer zone data accepted the zone; the job must still be shown.
    if (error instanceof ScheduleRejected) return false;
    throw error;
  }
};
