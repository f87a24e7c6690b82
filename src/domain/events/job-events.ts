import { z } from 'zod';
import { Duration } from '../duration-input.ts';
import type { HTTP_TASK } from '../tasks/http/stored.ts';
import { ofAnyKind, STORED_TASKS, TaskType } from '../tasks/stored.ts';
import type { WORKER_TASK } from '../tasks/worker/stored.ts';
import { ApplicationId, Instant, JobId, Tenant } from '../values.ts';

/** A schedule without a pattern: one instant, or an interval such as `90s`, `2w` or `1mo`. */
export const TimedSchedule = z.union([z.object({ at: Instant }), z.object({ every: z.string() })]);
export type TimedSchedule = z.infer<typeof TimedSchedule>;

/** The instant of a one-time schedule; `undefined` for any other. */
export const onceAt = (schedule: TimedSchedule | undefined): Instant | undefined =>
  schedule !== undefined && 'at' in schedule ? schedule.at : undefined;

/** The fields that determine when a job is due. At most one of `pattern` and `schedule` is present. */
export const ScheduleFields = z.object({
  pattern: z.string().optional(),
  schedule: TimedSchedule.optional(),
  /** IANA zone. */
  timezone: z.string(),
  /** When this schedule was set. Edits of other fields do not change it. */
  scheduleSince: Instant,
  /** The span includes `startAt` and excludes `endAt`. */
  startAt: Instant.optional(),
  endAt: Instant.optional(),
});
export type ScheduleFields = z.infer<typeof ScheduleFields>;

/** Returns whether a job has no schedule, so that it runs only on request. */
export const isManual = ({ pattern, schedule }: Pick<ScheduleFields, 'pattern' | 'schedule'>): boolean =>
  pattern === undefined && schedule === undefined;

/** Causes that `retryOn` can contain besides statuses. */
export const RETRY_CAUSES = ['connect', 'timeout', 'unknown', '5xx', 'reported', 'lost'] as const;

/** When a failed attempt is retried. */
export const Retry = z.object({
  /** Includes the first attempt. */
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

/** How long executions are kept, and how many of the newest are always kept. */
export const Retention = z.object({ maxAge: Duration, keepLast: z.int().exactOptional() });
export type Retention = z.infer<typeof Retention>;

/** A call that reports the end of an execution. Its headers refer to secrets and contain none in clear. */
export const Hook = z.object({ url: z.string(), headers: z.record(z.string(), z.string()).optional() });
export type Hook = z.infer<typeof Hook>;

export const Hooks = z.object({ onFailure: Hook.exactOptional(), onSuccess: Hook.exactOptional() });
export type Hooks = z.infer<typeof Hooks>;

/** A job's own hook; `none` disables its application's hook. */
const JobHook = z.union([Hook, z.literal('none')]);

/** What happens to a run while another one of its job is open. */
export const Overlap = z.enum(['skip', 'allow', 'queue', 'replace']);
/** Which missed slots are called afterwards: the latest one, none, or each. */
export const CatchUp = z.enum(['last', 'skip', 'all']);
export type CatchUp = z.infer<typeof CatchUp>;

/** The open day on which a slot of a closed day is called: the next one, or the one before. */
export const CalendarShift = z.enum(['next', 'previous']);
export type CalendarShift = z.infer<typeof CalendarShift>;

/** Rules for a job's runs; each field as it was given. */
export const RuleFields = z.object({
  misfire: CatchUp.optional(),
  misfireLimit: z.int().optional(),
  maxLateness: Duration.optional(),
  overlap: Overlap.optional(),
  jitter: Duration.optional(),
  maxRuns: z.int().optional(),
  afterCompletion: z.enum(['keep', 'delete']).optional(),
  /** How long after its last settled slot a completed job is deleted. */
  deleteAfter: Duration.optional(),
  /** Names of calendars: their dates are excluded, or only their dates are included. Slots on closed days can move. */
  calendar: z
    .object({
      exclude: z.array(z.string()).optional(),
      include: z.array(z.string()).optional(),
      shift: CalendarShift.optional(),
    })
    .optional(),
  retry: Retry.optional(),
  /** The job is disabled after this many failed executions in a row. */
  disableAfter: z.int().optional(),
  /** Name of one of the application's limits. */
  limit: z.string().optional(),
  completion: z.enum(['response', 'callback']).optional(),
  deadline: Duration.optional(),
  heartbeatTimeout: Duration.optional(),
  onFailure: JobHook.optional(),
  onSuccess: JobHook.optional(),
});
export type RuleFields = z.infer<typeof RuleFields>;

/** A job with a task of any kind. */
export const AnyJob = z.object({
  jobId: JobId,
  tenant: Tenant,
  applicationId: ApplicationId,
  name: z.string(),
  description: z.string().optional(),
  enabled: z.boolean(),
  ...ScheduleFields.shape,
  ...RuleFields.shape,
  taskType: TaskType,
  taskConfig: z.unknown(),
  /** Bodies and results are sealed. */
  confidential: z.boolean().optional(),
  labels: z.record(z.string(), z.string()).optional(),
  retention: Retention.optional(),
  createdAt: Instant,
  createdBy: z.string(),
  updatedAt: Instant,
  updatedBy: z.string(),
});

/** A job with sealed secrets. Every job event carries the whole job. */
export const JobDefinition = ofAnyKind(AnyJob, STORED_TASKS);
export type JobDefinition = z.infer<typeof JobDefinition>;
export type HttpJobDefinition = Extract<JobDefinition, { taskType: typeof HTTP_TASK }>;
export type WorkerJobDefinition = Extract<JobDefinition, { taskType: typeof WORKER_TASK }>;

export const JobCreated = z.object({ type: z.literal('JobCreated'), data: JobDefinition });
export const JobUpdated = z.object({ type: z.literal('JobUpdated'), data: JobDefinition });
export const JobEnabled = z.object({ type: z.literal('JobEnabled'), data: JobDefinition });
export const JobDisabled = z.object({ type: z.literal('JobDisabled'), data: JobDefinition });
export const JobDeleted = z.object({ type: z.literal('JobDeleted'), data: JobDefinition });

export const JobEvent = z.discriminatedUnion('type', [JobCreated, JobUpdated, JobEnabled, JobDisabled, JobDeleted]);
export type JobEvent = z.infer<typeof JobEvent>;

/** A definition was called once as a test. A test call is no execution, and its outcome is not recorded. */
export const TestCallRequested = z.object({
  type: z.literal('TestCallRequested'),
  data: z.object({
    tenant: Tenant,
    applicationId: ApplicationId,
    /** The definition's job, if it is saved. */
    jobId: JobId.exactOptional(),
    taskType: TaskType,
    /** The task on one line, with parameters filled in and secrets masked. */
    line: z.string(),
  }),
});
export type TestCallRequested = z.infer<typeof TestCallRequested>;
