import { initialRuns, type Runs } from '../../domain/execution/tail.ts';
import { DEFAULT_RULES, type RunRules } from '../../domain/job/rules.ts';
import { type JobSlots, jobSlots, scheduleOf } from '../../domain/schedule/index.ts';
import { NO_STREAM } from '../../event-store/port.ts';

/** What the table keeps of a job. It is changed in place, and by the table's methods only. */
export type JobRecord = {
  readonly jobId: number;
  readonly tenant: string;
  readonly applicationId: number;
  status: 'enabled' | 'disabled' | 'deleted';
  /** Newest revision of the definition seen. It is in force once the stream of runs has taken it. */
  jobRevision: number;
  /** Key of its schedule, while enabled. A million compiled schedules would not fit in memory. */
  scheduleKey: string | undefined;
  /** Its slots, once they were needed. */
  slots: JobSlots | undefined;
  rules: RunRules;
  /** The origin that it calls; undefined if that depends on a parameter. */
  target: string | undefined;
  /** Its labels, as `labelsTextOf` writes them. */
  labelsText: string | undefined;
  runs: Runs;
  runsRevision: number;
  /** The last revision of its stream of runs that the subscription has brought. */
  heardRevision: number;
  /** When the engine looks at it next, epoch ms. */
  dueMs: number;
  /** Whether an append of this engine is in progress; the engine looks at the job again after it. */
  busy: boolean;
  /** How often in a row settling failed, and when it is tried again, epoch ms. */
  failures: number;
  notBeforeMs: number;
  /** Whether it waits for a place for its call. An edit clears this, since it may change the target. */
  waits: boolean;
  /** Whether slots that are due have waited for the end of an execution that was open until the last event. */
  waitedForOpen: boolean;
};

/** The state of a job in the engine's memory. Its definition and its runs are changed by events only. */
export type EngineJob = Readonly<JobRecord>;

/** The slots of the newest definition, while the job is enabled. */
export const slotsOfJob = (job: JobRecord): JobSlots | undefined => {
  job.slots ??= slotsBy(scheduleOf, job);
  return job.slots;
};

/** The slots of the definition in force, while the job is enabled. */
export const slotsInForce = (job: EngineJob): JobSlots | undefined =>
  job.runs.jobRevision === job.jobRevision ? slotsOfJob(job) : undefined;

/** The slots of the newest definition, without keeping them. */
export const slotsBy = (
  schedulesOf: (key: string) => JobSlots,
  { jobId, rules, scheduleKey }: EngineJob,
): JobSlots | undefined =>
  scheduleKey === undefined
    ? undefined
    : jobSlots({ schedule: schedulesOf(scheduleKey), jobId, jitterMs: rules.jitterMs });

/** The record of a job of which nothing but this is known yet. */
export const newRecord = (jobId: number, tenant: string, applicationId: number): JobRecord => ({
  jobId,
  tenant,
  applicationId,
  status: 'disabled',
  jobRevision: NO_STREAM,
  scheduleKey: undefined,
  slots: undefined,
  rules: DEFAULT_RULES,
  target: undefined,
  labelsText: undefined,
  runs: initialRuns,
  runsRevision: NO_STREAM,
  heardRevision: NO_STREAM,
  dueMs: Number.POSITIVE_INFINITY,
  busy: false,
  failures: 0,
  notBeforeMs: 0,
  waits: false,
  waitedForOpen: false,
});
