import type { Expiry } from '../../domain/events/index.ts';
import { idleRuns, initialRuns, isIdle, type Runs } from '../../domain/execution/tail.ts';
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

/** A new record, of a job whose events have not been applied yet. */
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

/**
 * The jobs that the engine knows: as records while something of them is in progress, packed while they rest. As long as
 * anybody holds a job's record, it is the one that changes.
 */
export type JobRecords = {
  /** A job's record, to be looked at or changed here and now. After a change it is to be kept. */
  find(jobId: number): JobRecord | undefined;
  /** Notes that a record is held outside of the table from now on, and so stays a record until it is kept again. */
  handOut(job: JobRecord): void;
  /** Takes in what a record says now. */
  keep(job: JobRecord): void;
  delete(jobId: number): void;
  /** The jobs, each to be looked at or changed as one that was found. */
  all(): Iterable<JobRecord>;
  readonly size: () => number;
};

const FIRST_SWEEP = 1_024;

export const createJobRecords = (): JobRecords => {
  const inUse = new Map<number, JobRecord>();
  /** All jobs. Those in use are here as they were last at rest. */
  const packed = createIdleJobs();
  /** Records of jobs at rest that may still be held: one that is found again has to be the same. */
  const held = new Map<number, WeakRef<JobRecord>>();
  let sweepAt = FIRST_SWEEP;

  const sweep = (): void => {
    for (const [jobId, job] of held) if (job.deref() === undefined) held.delete(jobId);
    sweepAt = Math.max(FIRST_SWEEP, held.size * 2);
  };

  const find = (jobId: number): JobRecord | undefined =>
    inUse.get(jobId) ?? held.get(jobId)?.deref() ?? packed.get(jobId);

  const handOut = (job: JobRecord): void => void inUse.set(job.jobId, job);

  return {
    find,
    handOut,
    keep: (job) => {
      const isAtRest = canPack(job);
      if (isAtRest || !packed.has(job.jobId)) packed.put(job);
      if (!isAtRest) handOut(job);
      else if (inUse.delete(job.jobId)) {
        held.set(job.jobId, new WeakRef(job));
        if (held.size >= sweepAt) sweep();
      }
    },
    delete: (jobId) => {
      inUse.delete(jobId);
      held.delete(jobId);
      packed.delete(jobId);
    },
    *all() {
      for (const jobId of packed.ids()) {
        const job = find(jobId);
        if (job !== undefined) yield job;
      }
    },
    size: packed.size,
  };
};

/** Whether what is packed of a job is all that its record says. */
export const canPack = (job: EngineJob): boolean =>
  isIdle(job.runs) &&
  job.runs.jobRevision === job.jobRevision &&
  job.heardRevision === job.runsRevision &&
  // What holds jobs to a limit keeps their records.
  job.rules.limit === undefined &&
  job.status !== 'deleted' &&
  !job.busy &&
  !job.waits &&
  job.failures === 0 &&
  job.notBeforeMs === 0;

/** What many jobs of an application have in common. */
type Scope = {
  readonly tenant: string;
  readonly applicationId: number;
  readonly rules: RunRules;
  readonly target: string | undefined;
  readonly labelsText: string | undefined;
};

/** Number of rows that share their columns. Growing moves no row, and leaves at most one page unused. */
const PAGE = 4_096;

const createPage = () => ({
  cursorMs: new Float64Array(PAGE),
  dueMs: new Float64Array(PAGE),
  jobRevision: new Int32Array(PAGE),
  runsRevision: new Int32Array(PAGE),
  runs: new Int32Array(PAGE),
  waitedForOpen: new Uint8Array(PAGE),
  scope: new Array<Scope | undefined>(PAGE),
  /** Undefined for a job that is disabled. */
  scheduleKey: new Array<string | undefined>(PAGE),
});

/**
 * Jobs at rest, packed into columns. One takes some 75 bytes, and a record with its runs 350. At any moment nearly all
 * jobs rest, whichever engine owns them.
 */
export const createIdleJobs = () => {
  /** The row of each job. */
  const rows = new Map<number, number>();
  const freeRows: number[] = [];
  const scopeOf = createScopes();
  const pages: ReturnType<typeof createPage>[] = [];
  /** By row; of few jobs, but where executions expire. */
  const expiries = new Map<number, Expiry>();

  const pageOf = (row: number) => {
    const page = pages[Math.floor(row / PAGE)] ?? createPage();
    pages[Math.floor(row / PAGE)] = page;
    return page;
  };

  return {
    /** Packs a job that is at rest. */
    put: (job: EngineJob): void => {
      const known = rows.get(job.jobId);
      // Rows are used without a gap, so if none is free, the next one is as many as there are.
      const row = known ?? freeRows.pop() ?? rows.size;
      if (known === undefined) rows.set(job.jobId, row);
      const page = pageOf(row);
      const at = row % PAGE;
      page.cursorMs[at] = job.runs.cursorMs;
      page.dueMs[at] = job.dueMs;
      page.jobRevision[at] = job.jobRevision;
      page.runsRevision[at] = job.runsRevision;
      page.runs[at] = job.runs.runs;
      page.waitedForOpen[at] = Number(job.waitedForOpen);
      page.scope[at] = scopeOf(job);
      page.scheduleKey[at] = job.scheduleKey;
      if (job.runs.expired !== undefined) expiries.set(row, job.runs.expired);
      else if (known !== undefined) expiries.delete(row);
    },
    /** Unpacks a job: a new record at each call. */
    get: (jobId: number): JobRecord | undefined => {
      const row = rows.get(jobId);
      if (row === undefined) return undefined;
      const page = pageOf(row);
      const at = row % PAGE;
      const scope = page.scope[at];
      if (scope === undefined) return undefined;
      const { tenant, applicationId, rules, target, labelsText } = scope;
      const scheduleKey = page.scheduleKey[at];
      const jobRevision = page.jobRevision[at] ?? 0;
      const runsRevision = page.runsRevision[at] ?? 0;
      return {
        jobId,
        tenant,
        applicationId,
        status: scheduleKey === undefined ? 'disabled' : 'enabled',
        jobRevision,
        scheduleKey,
        slots: undefined,
        rules,
        target,
        labelsText,
        runs: idleRuns({
          jobRevision,
          cursorMs: page.cursorMs[at] ?? 0,
          runs: page.runs[at] ?? 0,
          expired: expiries.get(row),
        }),
        runsRevision,
        heardRevision: runsRevision,
        dueMs: page.dueMs[at] ?? Number.POSITIVE_INFINITY,
        busy: false,
        failures: 0,
        notBeforeMs: 0,
        waits: false,
        waitedForOpen: page.waitedForOpen[at] === 1,
      };
    },
    has: (jobId: number): boolean => rows.has(jobId),
    delete: (jobId: number): void => {
      const row = rows.get(jobId);
      if (row === undefined) return;
      rows.delete(jobId);
      freeRows.push(row);
      const page = pageOf(row);
      page.scope[row % PAGE] = undefined;
      page.scheduleKey[row % PAGE] = undefined;
      expiries.delete(row);
    },
    ids: (): Iterable<number> => rows.keys(),
    size: (): number => rows.size,
  };
};

/** Limit on scopes that are kept once for all jobs that have them. */
const SCOPES = 131_072;

const createScopes = (): ((job: EngineJob) => Scope) => {
  const known = new WeakMap<RunRules, Map<string, Scope>>();
  let count = 0;
  let last: Scope | undefined;

  const find = ({ tenant, applicationId, rules, target, labelsText }: EngineJob): Scope => {
    const ofRules = known.get(rules) ?? new Map<string, Scope>();
    known.set(rules, ofRules);
    const text = `${applicationId} ${target ?? ''} ${labelsText ?? ''}`;
    const found = ofRules.get(text);
    if (found !== undefined) return found;
    const scope = { tenant, applicationId, rules, target, labelsText };
    if (++count <= SCOPES) ofRules.set(text, scope);
    return scope;
  };

  return (job) => {
    if (last === undefined || !isOf(last, job)) last = find(job);
    return last;
  };
};

const isOf = (scope: Scope, job: EngineJob): boolean =>
  scope.applicationId === job.applicationId &&
  scope.rules === job.rules &&
  scope.target === job.target &&
  scope.labelsText === job.labelsText;
