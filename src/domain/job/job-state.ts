import { z } from 'zod';
import { startOfPauseMs } from '../closure/pauses.ts';
import type { ExecutionErrorCode } from '../codes/execution-error-codes.ts';
import { defined } from '../defined.ts';
import { JOB_STATES, type Pause } from '../events/index.ts';
import { Instant, toInstant } from '../values.ts';

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
  readonly pause: Pick<Pause, 'createdBy' | 'createdAt' | 'from' | 'until' | 'reason'> | undefined;
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
