import type { JobEvent, RunEvent } from '../../domain/events/index.ts';
import { SKIPPED_FLUSH_MS } from '../../domain/runs/settle.ts';
import { initialRuns, type Runs, runsOfTail } from '../../domain/runs/tail.ts';
import { compileKey, type Schedule, type ScheduleText, scheduleKey, scheduleOf } from '../../domain/schedule/index.ts';
import { LogMismatch } from '../../event-store/errors.ts';
import { NO_STREAM, type RecordedEvent } from '../../event-store/port.ts';
import type { Clock } from '../../world.ts';
import type { ScheduledJob } from '../ports.ts';
import { createDueQueue } from './due-queue.ts';

/** What the engine knows of a job: changed in place, by events alone. */
export type EngineJob = {
  readonly jobId: number;
  readonly tenant: string;
  readonly applicationId: number;
  status: 'enabled' | 'disabled' | 'deleted';
  /** Newest revision of the definition seen; in force once the stream of runs has taken it. */
  jobRevision: number;
  /** Key of its schedule, while enabled: a million jobs with their schedules compiled would not fit. */
  scheduleKey: string | undefined;
  runs: Runs;
  runsRevision: number;
  /** As far as the subscription has brought its stream of runs. */
  heardRevision: number;
  /** When it is looked at next, epoch ms. */
  dueMs: number;
  /** An append of this engine's is under way; it is looked at again after. */
  busy: boolean;
  /** How often in a row it could not be settled, and when it is tried again, epoch ms. */
  failures: number;
  notBeforeMs: number;
  /** It is due and waits for a place for its call; an edit may give it another target, so it is looked at anew. */
  waits: boolean;
};

/** The slots that the job has due, while it is enabled. */
export const slotsOfJob = ({ scheduleKey }: EngineJob): Schedule | undefined =>
  scheduleKey === undefined ? undefined : scheduleOf(scheduleKey);

export type JobTable = {
  load(job: ScheduledJob): void;
  get(jobId: number): EngineJob | undefined;
  /** Jobs of which an execution is open. */
  withOpen(): Iterable<EngineJob>;
  applyJobEvent(event: Pick<RecordedEvent, 'revision'> & JobEvent): void;
  applyRunEvent(event: Pick<RecordedEvent<RunEvent>, 'type' | 'data' | 'revision'>): void;
  /**
   * The same for one that the subscription brings for the first time.
   * @throws LogMismatch where it has brought another one of that revision before
   */
  hearRunEvent(event: RecordedEvent<RunEvent>): void;
  /** Decides anew when this job is to be looked at. */
  arm(job: EngineJob): void;
  /** Could not be settled: it is not looked at for a while, longer each time in a row. */
  holdBack(job: EngineJob): void;
  /** All of them: owners changed. */
  armAll(): void;
  popDue(nowMs: number, most: number): EngineJob[];
  /** Whether this job, popped before, is still to be looked at by now. */
  isDue(job: EngineJob, nowMs: number): boolean;
  nextMs(): number;
  readonly size: () => number;
};

/** Texts that many jobs have in common, kept once. */
const SHARED_TEXTS = 131_072;

/** A definition whose command did not make it binding within this time is bound by the job's engine. */
const BIND_AFTER_MS = 1_000;

const UNTROUBLED = { failures: 0, notBeforeMs: 0 };
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 5_000;

type JobTableOptions = {
  readonly clock: Clock;
  readonly owns: (jobId: number) => boolean;
  /** How long before it is due a slot is claimed. */
  readonly aheadMs: number;
  /** Called with what is known of a job's runs, each time that this is more. */
  readonly runsKnown: (jobId: number, runs: Runs) => void;
};

export const createJobTable = ({ clock, owns, aheadMs, runsKnown }: JobTableOptions): JobTable => {
  const jobs = new Map<number, EngineJob>();
  const open = new Set<EngineJob>();
  const queue = createDueQueue();

  const shared = interned(SHARED_TEXTS);
  const keyOf = (job: EngineJob['status'], text: ScheduleText): string | undefined =>
    job === 'enabled' ? shared(scheduleKey(text)) : undefined;

  const wakeMs = (job: EngineJob, slotsOf: typeof scheduleOf): number => {
    const { runs, scheduleKey } = job;
    if (job.busy || !owns(job.jobId)) return Number.POSITIVE_INFINITY;
    if (runs.jobRevision < job.jobRevision) return clock.now() + BIND_AFTER_MS;
    // Its newest definition is on its way here.
    if (runs.jobRevision > job.jobRevision) return Number.POSITIVE_INFINITY;
    if (runs.open.some(({ state }) => state === 'pending')) return job.waits ? Number.POSITIVE_INFINITY : 0;
    const slots = scheduleKey === undefined ? undefined : slotsOf(scheduleKey);
    const next = slots?.next(runs.cursorMs);
    if (next === undefined) return Number.POSITIVE_INFINITY;
    if (runs.open.length > 0) return next + SKIPPED_FLUSH_MS;
    if (!job.waits) return next - aheadMs;
    // The slot that it waits with may still be called: there is something to settle once another one has passed.
    const passed = slots?.next(next);
    return passed === undefined ? Number.POSITIVE_INFINITY : Math.max(passed, next + SKIPPED_FLUSH_MS);
  };

  /**
   * A pass over all jobs goes past the cache: what that let go again while a million pass through would be old garbage
   * by then, and as much as the jobs themselves.
   */
  const arm = (job: EngineJob, slotsOf = scheduleOf): void => {
    const dueMs = Math.max(wakeMs(job, slotsOf), job.notBeforeMs);
    if (dueMs === job.dueMs) return;
    job.dueMs = dueMs;
    if (dueMs !== Number.POSITIVE_INFINITY) queue.push(dueMs, job.jobId);
  };

  const put = (job: EngineJob): EngineJob => {
    jobs.set(job.jobId, job);
    return job;
  };

  const noteOpen = (job: EngineJob): void => {
    if (job.runs.open.length > 0) open.add(job);
    else open.delete(job);
  };

  /** A deleted job is forgotten once its end was taken and nothing of it runs. */
  const forgetIfOver = (job: EngineJob): void => {
    if (job.status !== 'deleted' || job.runs.jobRevision < job.jobRevision || job.runs.open.length > 0) return;
    jobs.delete(job.jobId);
  };

  const applyRunEvent: JobTable['applyRunEvent'] = (event) => {
    const job = jobs.get(event.data.jobId);
    if (job === undefined || event.revision <= job.runsRevision) return;
    job.runs = runsOfTail(event.data.tail);
    job.runsRevision = event.revision;
    Object.assign(job, UNTROUBLED);
    noteOpen(job);
    forgetIfOver(job);
    arm(job);
    runsKnown(job.jobId, job.runs);
  };

  return {
    load: ({ tail, enabled, deleted, ...scheduled }) => {
      const status = statusOf(enabled, deleted);
      const job = put({
        jobId: scheduled.jobId,
        tenant: shared(scheduled.tenant),
        applicationId: scheduled.applicationId,
        status,
        jobRevision: scheduled.jobRevision,
        scheduleKey: keyOf(status, scheduled),
        runs: tail === undefined ? initialRuns : runsOfTail(tail),
        runsRevision: scheduled.runsRevision,
        heardRevision: scheduled.runsRevision,
        dueMs: Number.POSITIVE_INFINITY,
        busy: false,
        ...UNTROUBLED,
        waits: false,
      });
      noteOpen(job);
      arm(job, compileKey);
    },
    get: (jobId) => jobs.get(jobId),
    withOpen: () => open,
    applyJobEvent: (event) => {
      const { jobId, tenant, applicationId, enabled } = event.data;
      const job =
        jobs.get(jobId) ??
        put({
          jobId,
          tenant: shared(tenant),
          applicationId,
          status: 'disabled',
          jobRevision: NO_STREAM,
          scheduleKey: undefined,
          runs: initialRuns,
          runsRevision: NO_STREAM,
          heardRevision: NO_STREAM,
          dueMs: Number.POSITIVE_INFINITY,
          busy: false,
          ...UNTROUBLED,
          waits: false,
        });
      if (event.revision <= job.jobRevision) return;
      job.jobRevision = event.revision;
      job.waits = false;
      job.status = statusOf(enabled, event.type === 'JobDeleted');
      job.scheduleKey = keyOf(job.status, event.data);
      forgetIfOver(job);
      arm(job);
    },
    applyRunEvent,
    hearRunEvent: (event) => {
      const job = jobs.get(event.data.jobId);
      if (job !== undefined && event.revision <= job.heardRevision) throw setBackTo(event);
      if (job !== undefined) job.heardRevision = event.revision;
      applyRunEvent(event);
    },
    arm: (job) => arm(job),
    holdBack: (job) => {
      job.notBeforeMs = clock.now() + Math.min(FIRST_PAUSE_MS * 2 ** job.failures++, LONGEST_PAUSE_MS);
    },
    armAll: () => {
      for (const job of jobs.values()) arm(job, compileKey);
    },
    popDue: (nowMs, most) => {
      const due: EngineJob[] = [];
      while (due.length < most) {
        const entry = queue.popDue(nowMs);
        if (entry === undefined) break;
        const job = jobs.get(entry.id);
        // Entries of an earlier arming are left in the heap and passed over here.
        if (job === undefined || job.dueMs !== entry.dueMs) continue;
        job.dueMs = Number.POSITIVE_INFINITY;
        due.push(job);
      }
      return due;
    },
    isDue: (job, nowMs) => jobs.get(job.jobId) === job && Math.max(wakeMs(job, scheduleOf), job.notBeforeMs) <= nowMs,
    nextMs: () => queue.nextMs(),
    size: () => jobs.size,
  };
};

const setBackTo = ({ stream, revision }: RecordedEvent): LogMismatch =>
  new LogMismatch({
    code: 'OTHER_EVENT',
    message: `this engine has seen another event at ${stream}/${revision}: the log was set back and went on differently. Restore a backup of the read models that is no newer than the log's, or empty them and let them read the log from the beginning, then start the engine again.`,
  });

/** One string for all that are equal, as far as there is room. */
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
