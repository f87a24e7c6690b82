import { z } from 'zod';
import type { Blackouts } from '../closure/closure.ts';
import { startOfPauseMs } from '../closure/pauses.ts';
import { withMovedSlots } from '../closure/shift.ts';
import type { ExecutionErrorCode } from '../codes/execution-error-codes.ts';
import { defined } from '../defined.ts';
import { JOB_STATES, onceAt, type Pause, type RuleFields, type ScheduleFields } from '../events/index.ts';
import { firstOutsideClosures } from '../execution/overlap.ts';
import { compileSchedule, jobSlots, ScheduleRejected } from '../schedule/index.ts';
import { Instant, toInstant } from '../values.ts';
import { rulesOf } from './rules.ts';

/** A job's prospects, and why. */
export const JobState = z.object({
  name: z.enum(JOB_STATES),
  /**
   * The reason that a user gave, the code of the newest failure, or what cannot be read. `CALENDAR` for an active job: its
   * calendars exclude every future slot.
   */
  reason: z.string().optional(),
  by: z.string().optional(),
  since: Instant.optional(),
  /** When the pause ends without a request. */
  until: Instant.optional(),
  /** Number of failed executions in a row. */
  count: z.int().optional(),
});
export type JobState = z.infer<typeof JobState>;

/** The failed executions since the last success; open and cancelled ones are ignored. */
export type FailuresInARow = {
  readonly count: number;
  readonly since: string;
  readonly code: string | undefined;
};

/** The facts that determine a job's state. */
export type JobStateFacts = {
  readonly isCompleted: boolean;
  readonly isEnabled: boolean;
  readonly disabled: Pick<JobState, 'by' | 'since' | 'reason'> | undefined;
  /** The first unreadable event of its streams. */
  readonly parked: Pick<JobState, 'since' | 'reason'> | undefined;
  /** The pause that binds it now and ends last. */
  readonly pause: Pause | undefined;
  readonly failures: FailuresInARow | undefined;
  /** Whether the job's calendars exclude every future slot: the included dates have passed. */
  readonly isExcluded: boolean;
};

/** What a job has the first of that applies, whatever its executions are. */
export const FIRST_STATES = ['completed', 'disabled', 'parked', 'paused'] as const;
/** The state of a job whose newest result is a failure, by its code; `failing` for other codes. */
export const STATE_OF_CODE = { TARGET_BLOCKED: 'blocked' } as const satisfies {
  readonly [Code in ExecutionErrorCode]?: JobState['name'];
};

export const jobStateOf = (facts: JobStateFacts): JobState => {
  const { isCompleted, isEnabled, disabled, parked, pause, failures, isExcluded } = facts;
  const details = {
    completed: isCompleted ? {} : undefined,
    disabled: isEnabled ? undefined : { ...disabled },
    parked,
    paused: pause && pausedBy(pause),
  };
  const first = FIRST_STATES.find((name) => details[name] !== undefined);
  if (first !== undefined) return { name: first, ...details[first] };
  if (failures === undefined) return isExcluded ? { name: 'active', reason: 'CALENDAR' } : { name: 'active' };
  const { count, since, code: reason } = failures;
  const states: Readonly<Record<string, JobState['name']>> = STATE_OF_CODE;
  return defined({ name: states[reason ?? ''] ?? 'failing', count, since, reason });
};

const pausedBy = (pause: NonNullable<JobStateFacts['pause']>) => {
  const { createdBy: by, until, reason } = pause;
  return defined({ by, since: toInstant(startOfPauseMs(pause)), until, reason });
};

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
