import { z } from 'zod';
import type { ExecutionErrorCode } from '../codes/execution-error-codes.ts';
import { JOB_STATES, type Pause } from '../events/index.ts';
import { Instant } from '../values.ts';

/** What will become of a job, and why. */
export const JobState = z.object({
  name: z.enum(JOB_STATES),
  /**
   * The reason that a user gave, the code of the newest failure, or what cannot be read. Of an active job `CALENDAR`: its
   * calendars exclude every slot to come.
   */
  reason: z.string().optional(),
  by: z.string().optional(),
  since: Instant.optional(),
  /** When the pause ends by itself. */
  until: Instant.optional(),
  /** How many executions failed in a row. */
  count: z.int().optional(),
});
export type JobState = z.infer<typeof JobState>;

/** The executions that failed since the last success; those that are open or were cancelled are passed over. */
export type FailuresInARow = {
  readonly count: number;
  /** When the first of them was created. */
  readonly since: string;
  /** Of the newest one. */
  readonly code: string | undefined;
};

/** What a job's state follows from. */
export type JobStateFacts = {
  readonly isCompleted: boolean;
  readonly isEnabled: boolean;
  /** The change that disabled it. */
  readonly disabled: Pick<JobState, 'by' | 'since' | 'reason'> | undefined;
  /** The first event of its streams that cannot be read. */
  readonly parked: Pick<JobState, 'since' | 'reason'> | undefined;
  /** Of the pauses that bind it now, the one that ends last. */
  readonly pause: Pick<Pause, 'createdBy' | 'createdAt' | 'until' | 'reason'> | undefined;
  readonly failures: FailuresInARow | undefined;
  /** Whether the job's calendars exclude every slot to come: the dates that they include have passed. */
  readonly isExcluded: boolean;
};

const BLOCKED = 'TARGET_BLOCKED' satisfies ExecutionErrorCode;

/** The state of a job: the first of these that is so. */
export const jobStateOf = ({
  isCompleted,
  isEnabled,
  disabled,
  parked,
  pause,
  failures,
  isExcluded,
}: JobStateFacts): JobState => {
  if (isCompleted) return { name: 'completed' };
  if (!isEnabled) return { name: 'disabled', ...disabled };
  if (parked !== undefined) return { name: 'parked', ...parked };
  if (pause !== undefined) return pausedBy(pause);
  if (failures === undefined) return isExcluded ? { name: 'active', reason: 'CALENDAR' } : { name: 'active' };
  const { count, since, code } = failures;
  const name = code === BLOCKED ? 'blocked' : 'failing';
  return { name, count, since, ...(code === undefined ? {} : { reason: code }) };
};

const pausedBy = ({ createdBy, createdAt, until, reason }: NonNullable<JobStateFacts['pause']>): JobState => ({
  name: 'paused',
  by: createdBy,
  since: createdAt,
  ...(until === undefined ? {} : { until }),
  ...(reason === undefined ? {} : { reason: reason }),
});
