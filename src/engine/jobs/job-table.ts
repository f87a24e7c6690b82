import { labelsTextOf } from '../../domain/closure/pauses.ts';
import type { JobEvent, RunEvent } from '../../domain/events/index.ts';
import { nextWakeupMs } from '../../domain/execution/next-wakeup.ts';
import { yieldsToSchedule } from '../../domain/execution/overlap-decision.ts';
import { runsOfTail } from '../../domain/execution/tail.ts';
import { parseRules, rulesOf } from '../../domain/job/rules.ts';
import { type JobSlots, type ScheduleText, scheduleKey, skipSchedules } from '../../domain/schedule/index.ts';
import { jobOfRuns } from '../../domain/streams.ts';
import { targetOf } from '../../domain/tasks/kinds.ts';
import { LogMismatch } from '../../event-store/errors.ts';
import type { RecordedEvent, UndecodedEvent } from '../../event-store/port.ts';
import { type Backoff, backoffMs } from '../../runtime/retry.ts';
import type { EngineContext, EngineSetup } from '../context.ts';
import type { ScheduledJob } from '../ports.ts';
import { createDueQueue } from './due-queue.ts';
import { createJobRecords, type EngineJob, type JobRecord, newRecord, slotsBy, slotsOfJob } from './job-records.ts';
import { createUndecodedRuns } from './undecoded-runs.ts';

export type JobTable = {
  /** Takes the jobs of one loading. */
  loader(): (job: ScheduledJob) => void;
  get(jobId: number): EngineJob | undefined;
  /** Jobs with an open execution, of those whose runs are known: of each that this engine owns, and of many others. */
  withOpen(): Iterable<EngineJob>;
  applyJobEvent(event: Pick<RecordedEvent, 'revision'> & JobEvent): void;
  applyRunEvent(event: Pick<RecordedEvent<RunEvent>, 'type' | 'data' | 'revision'>): void;
  /**
   * Applies a run event that the subscription brings for the first time.
   * @throws LogMismatch if it has brought another event of that revision before
   */
  hearRunEvent(event: RecordedEvent<RunEvent>): void;
  /**
   * Keeps a run event undecoded that the subscription brings for the first time, if nothing this engine does depends on
   * it. It is decoded when owners or the job's definition change.
   * @returns whether it was kept; else it is to be decoded and heard
   * @throws LogMismatch as `hearRunEvent`
   */
  keepUndecoded(event: UndecodedEvent): boolean;
  /** Computes when the engine looks at this job next, and queues it. */
  arm(job: EngineJob): void;
  /** Notes that an append for this job begins: the engine does not look at it until that ends. */
  appendBegins(job: EngineJob): void;
  /** Notes that the append is over, and queues the job. */
  appendEnded(job: EngineJob): void;
  /** Notes that this job waits for a place for its call, and queues it for the slots that pass meanwhile. */
  waits(job: EngineJob): void;
  /** Notes that it waits no longer. */
  waitsNoLonger(job: EngineJob): void;
  /** Delays the next look at a job that could not be settled, longer after each failure in a row. */
  holdBack(job: EngineJob): void;
  /** Arms all jobs, since owners changed; or some. */
  armAll(isAffected?: (job: EngineJob) => boolean): void;
  popDue(nowMs: number, most: number): EngineJob[];
  /** Whether a job that was popped before is still due. */
  isDue(job: EngineJob, nowMs: number): boolean;
  nextMs(): number;
  readonly size: () => number;
};

/** How long before it is due a slot is claimed, so that the commit of the claim does not delay the call. */
export const AHEAD_MS = 200;

/** Limit on texts that are kept once for all jobs that have them. */
const SHARED_TEXTS = 131_072;

/** If the command has not brought a definition into force within this time, the job's engine does. */
const BIND_AFTER_MS = 1_000;

const HOLD_BACK: Backoff = { firstMs: 500, longestMs: 5_000 };

export const createJobTable = (
  { engineId, time, closures }: EngineSetup,
  from: Pick<EngineContext, 'members' | 'limits' | 'parking' | 'state' | 'values' | 'calls'>,
): JobTable => {
  const { limits } = from;
  const { owns } = from.members;
  const undecoded = createUndecodedRuns(from);
  const jobs = createJobRecords();
  const open = new Set<JobRecord>();
  const queue = createDueQueue();

  const sharedKey = interned(SHARED_TEXTS);
  const sharedText = interned(SHARED_TEXTS);
  const keyOf = (job: EngineJob['status'], text: ScheduleText): string | undefined =>
    job === 'enabled' ? sharedKey(scheduleKey(text)) : undefined;

  const wakeMs = (job: JobRecord, slotsOf?: (key: string) => JobSlots): number => {
    const { runs, rules, status } = job;
    if (job.busy || !owns(job)) return Number.POSITIVE_INFINITY;
    if (runs.jobRevision < job.jobRevision) return time.now() + BIND_AFTER_MS;
    // The subscription has yet to bring the newest definition.
    if (runs.jobRevision > job.jobRevision) return Number.POSITIVE_INFINITY;
    if (status !== 'deleted' && from.values.of(job.applicationId).deleted) return time.now();
    const look = {
      rules,
      status,
      slots: slotsOf === undefined ? slotsOfJob(job) : slotsBy(slotsOf, job),
      closures: closures.closuresOf(job),
      isPaused: false,
      aheadMs: AHEAD_MS,
      waitsForPlace: job.waits,
      waitsForLimit: rules.limit !== undefined && limits.waits(job),
    };
    const pausedUntilMs = closures.hasPauses() ? closures.pausedUntilMs(job, time.now()) : undefined;
    const unpausedMs = nextWakeupMs(runs, look);
    if (pausedUntilMs === undefined) return unpausedMs;
    const afterPauseMs = Math.max(pausedUntilMs, unpausedMs);
    return Math.min(nextWakeupMs(runs, { ...look, isPaused: true }), afterPauseMs);
  };

  const arm = (job: JobRecord, slotsOf?: (key: string) => JobSlots): void => {
    const dueMs = Math.max(wakeMs(job, slotsOf), job.notBeforeMs);
    if (dueMs !== job.dueMs && dueMs !== Number.POSITIVE_INFINITY) queue.push(dueMs, job.jobId);
    job.dueMs = dueMs;
    keep(job);
  };

  const noteOpen = (job: JobRecord): void => {
    if (job.runs.open.length > 0) open.add(job);
    else open.delete(job);
  };

  /**
   * Keeps what was changed of a job. A deleted one is forgotten once its stream of runs has taken the deletion and
   * nothing of it runs.
   */
  const keep = (job: JobRecord): void => {
    if (job.status === 'deleted' && job.runs.jobRevision >= job.jobRevision && job.runs.open.length === 0) {
      jobs.delete(job.jobId);
      if (job.rules.limit !== undefined) limits.forget(job);
    } else jobs.keep(job);
  };

  /** Notes that the subscription has brought an event. @throws LogMismatch */
  const hear = (job: JobRecord, { stream, revision }: UndecodedEvent | RecordedEvent): void => {
    if (revision <= job.heardRevision) throw setBackTo(stream, revision);
    job.heardRevision = revision;
  };

  const applyRunEvent: JobTable['applyRunEvent'] = (event) => {
    const job = jobs.find(event.data.jobId);
    if (job !== undefined && event.revision > job.runsRevision) takeRunEvent(job, event);
  };

  const takeRunEvent = (job: JobRecord, event: Parameters<JobTable['applyRunEvent']>[0]): void => {
    job.waitedForOpen = job.rules.overlap !== 'allow' && job.runs.open.some(yieldsToSchedule);
    job.runs = runsOfTail(event.data.tail);
    job.runsRevision = event.revision;
    undecoded.forget(job.jobId, event.revision);
    job.failures = 0;
    job.notBeforeMs = 0;
    noteOpen(job);
    if (job.rules.limit !== undefined) limits.take(job);
    arm(job);
    from.calls.abortNoLongerWanted(job.jobId, job.runs);
  };

  /** Whether nothing this engine does depends on the runs of the job. */
  const mayStayUndecoded = (job: EngineJob): boolean =>
    !owns(job) &&
    job.rules.limit === undefined &&
    job.status !== 'deleted' &&
    !job.busy &&
    !job.runs.open.some((open) => open.engineId === engineId);

  const loader: JobTable['loader'] = () => {
    const slotsOf = skipSchedules();
    return (scheduled) => {
      const { jobId, tenant, applicationId, rules, target, labels, tail } = scheduled;
      const job = newRecord(jobId, sharedText(tenant), applicationId);
      job.status = statusOf(scheduled.enabled, scheduled.deleted);
      job.jobRevision = scheduled.jobRevision;
      job.scheduleKey = keyOf(job.status, scheduled.scheduleFields);
      if (rules !== undefined) job.rules = parseRules(rules);
      job.target = target && sharedText(target);
      job.labelsText = labels && sharedText(labels);
      if (tail !== undefined) job.runs = runsOfTail(tail);
      job.runsRevision = scheduled.runsRevision;
      job.heardRevision = scheduled.runsRevision;
      noteOpen(job);
      if (job.rules.limit !== undefined) limits.take(job);
      arm(job, slotsOf);
    };
  };

  return {
    loader,
    get: (jobId) => {
      const job = jobs.find(jobId);
      if (job !== undefined) jobs.handOut(job);
      return job;
    },
    withOpen: () => open,
    applyJobEvent: (event) => {
      const { jobId, tenant, applicationId, enabled } = event.data;
      const keptEvent = undecoded.take(jobId);
      if (keptEvent !== undefined) applyRunEvent(keptEvent);
      const job = jobs.find(jobId) ?? newRecord(jobId, sharedText(tenant), applicationId);
      if (event.revision <= job.jobRevision) return;
      job.jobRevision = event.revision;
      job.waits = false;
      job.status = statusOf(enabled, event.type === 'JobDeleted');
      job.scheduleKey = keyOf(job.status, event.data);
      job.slots = undefined;
      const limitBefore = job.rules.limit;
      job.rules = rulesOf(event.data);
      if ((job.rules.limit ?? limitBefore) !== undefined) limits.take(job);
      const target = targetOf(event.data);
      job.target = target && sharedText(target);
      const labels = labelsTextOf(event.data.labels);
      job.labelsText = labels && sharedText(labels);
      arm(job);
    },
    applyRunEvent,
    hearRunEvent: (event) => {
      const job = jobs.find(event.data.jobId);
      if (job === undefined) return;
      hear(job, event);
      if (event.revision > job.runsRevision) takeRunEvent(job, event);
      else keep(job);
      if (job.rules.limit !== undefined) limits.heard(job, event);
    },
    keepUndecoded: (event) => {
      const job = jobs.find(jobOfRuns(event.stream));
      if (job === undefined || !mayStayUndecoded(job)) return false;
      hear(job, event);
      // Whether one is open is not known until it is decoded. The engine that owns the job knows.
      open.delete(job);
      keep(job);
      undecoded.keep(job.jobId, event).forEach(applyRunEvent);
      return true;
    },
    arm: (job) => arm(job),
    appendBegins: (job: JobRecord) => {
      job.busy = true;
      keep(job);
    },
    appendEnded: (job: JobRecord) => {
      job.busy = false;
      arm(job);
    },
    waits: (job: JobRecord) => {
      job.waits = true;
      arm(job);
    },
    waitsNoLonger: (job: JobRecord) => {
      job.waits = false;
      keep(job);
    },
    holdBack: (job: JobRecord) => {
      job.notBeforeMs = time.now() + backoffMs(++job.failures, HOLD_BACK);
      keep(job);
    },
    armAll: (isAffected) => {
      if (isAffected === undefined) undecoded.takeAll().forEach(applyRunEvent);
      const slotsOf = skipSchedules();
      for (const job of jobs.all()) if (isAffected?.(job) ?? true) arm(job, slotsOf);
    },
    popDue: (nowMs, most) => {
      const due: EngineJob[] = [];
      while (due.length < most) {
        const entry = queue.popDue(nowMs);
        if (entry === undefined) break;
        const job = jobs.find(entry.id);
        // Outdated entries of a job stay in the heap; they are skipped here.
        if (job === undefined || job.dueMs !== entry.dueMs) continue;
        job.dueMs = Number.POSITIVE_INFINITY;
        jobs.handOut(job);
        due.push(job);
      }
      return due;
    },
    isDue: (job, nowMs) => jobs.find(job.jobId) === job && Math.max(wakeMs(job), job.notBeforeMs) <= nowMs,
    nextMs: () => queue.nextMs(),
    size: jobs.size,
  };
};

const setBackTo = (stream: string, revision: number): LogMismatch =>
  new LogMismatch({
    code: 'OTHER_EVENT',
    message: `this engine has read a different event at ${stream}/${revision}: the log was restored to an earlier state and then changed. Restore a backup of the read models that is no newer than the log's, or empty them so that they read the log from the beginning. Then restart the engine.`,
  });

/** Interns strings: returns the same string for equal texts, up to a limit. */
const interned = (most: number): ((text: string) => string) => {
  const known = new Map<string, string>();
  return (text) => {
    const found = known.get(text);
    if (found !== undefined) return found;
    if (known.size < most) known.set(text, text);
    return text;
  };
};

const statusOf = (enabled: boolean, deleted: boolean): EngineJob['status'] =>
  deleted ? 'deleted' : enabled ? 'enabled' : 'disabled';
