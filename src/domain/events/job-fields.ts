import { z } from 'zod';
import { Duration } from '../duration-input.ts';
import { Instant } from '../values.ts';

/** A schedule that is no pattern: one instant, or an interval such as `90s`, `2w` or `1mo`. */
export const TimedSchedule = z.union([z.object({ at: Instant }), z.object({ every: z.string() })]);
export type TimedSchedule = z.infer<typeof TimedSchedule>;

/** The instant of a schedule of one; undefined for any other. */
export const onceAt = (schedule: TimedSchedule | undefined): Instant | undefined =>
  schedule !== undefined && 'at' in schedule ? schedule.at : undefined;

/** The fields of a job that say when it is due. Exactly one of `pattern` and `schedule` is there. */
export const ScheduleFields = z.object({
  pattern: z.string().optional(),
  schedule: TimedSchedule.optional(),
  /** IANA zone. */
  timezone: z.string(),
  /** Since when this schedule holds. Edits of other fields do not change it. */
  scheduleSince: Instant,
  /** The span includes `startAt` and excludes `endAt`. */
  startAt: Instant.optional(),
  endAt: Instant.optional(),
});
export type ScheduleFields = z.infer<typeof ScheduleFields>;

/** What `retryOn` can contain besides statuses. */
export const RETRY_CAUSES = ['connect', 'timeout', 'unknown', '5xx', 'reported', 'lost'] as const;

/** When an attempt that failed is made again. */
export const Retry = z.object({
  /** The first attempt counts too. */
  maxAttempts: z.int().optional(),
  backoff: z
    .object({
      initial: Duration.optional(),
      factor: z.number().optional(),
      max: Duration.optional(),
      jitter: z.enum(['full', 'none']).optional(),
    })
    .optional(),
  /** Counted from the start of the first attempt. */
  maxElapsed: Duration.optional(),
  retryOn: z.array(z.union([z.enum(RETRY_CAUSES), z.int()])).optional(),
});
export type Retry = z.infer<typeof Retry>;

/** How long executions are kept, and how many of the newest in any case. */
export const Retention = z.object({ maxAge: Duration, keepLast: z.int().exactOptional() });
export type Retention = z.infer<typeof Retention>;

/** A call that tells of the end of an execution. Its headers name secrets, and have none in clear. */
export const Hook = z.object({ url: z.string(), headers: z.record(z.string(), z.string()).optional() });
export type Hook = z.infer<typeof Hook>;

/** By how an execution ended. */
export const Hooks = z.object({ onFailure: Hook.exactOptional(), onSuccess: Hook.exactOptional() });
export type Hooks = z.infer<typeof Hooks>;

/** A job's own hook; `none`: it has none, whatever its application says. */
const JobHook = z.union([Hook, z.literal('none')]);

/** What becomes of a run while another one of its job is open. */
export const Overlap = z.enum(['skip', 'allow', 'queue', 'replace']);
/** Which of the slots that could not be called in time are called afterwards: the latest one, none, or each. */
export const CatchUp = z.enum(['last', 'skip', 'all']);
export type CatchUp = z.infer<typeof CatchUp>;

/** What a job's definition may say about its runs; each field as it was given. */
export const RuleFields = z.object({
  misfire: CatchUp.optional(),
  misfireLimit: z.int().optional(),
  maxLateness: Duration.optional(),
  overlap: Overlap.optional(),
  jitter: Duration.optional(),
  maxRuns: z.int().optional(),
  afterCompletion: z.enum(['keep', 'delete']).optional(),
  /** Names of calendars: their dates are left out, or only their dates are kept. */
  calendar: z.object({ exclude: z.array(z.string()).optional(), include: z.array(z.string()).optional() }).optional(),
  retry: Retry.optional(),
  /** Failed executions in a row after which the job is disabled. */
  disableAfter: z.int().optional(),
  /** Name of a limit of the application. */
  limit: z.string().optional(),
  completion: z.enum(['response', 'callback']).optional(),
  deadline: Duration.optional(),
  heartbeatTimeout: Duration.optional(),
  onFailure: JobHook.optional(),
  onSuccess: JobHook.optional(),
});
export type RuleFields = z.infer<typeof RuleFields>;
