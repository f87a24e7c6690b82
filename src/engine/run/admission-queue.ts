import { canCallNext, dueOfNextMs } from '../../domain/execution/decide.ts';
import { createFairQueue, type FairCapacity, type Flow, type Permit } from '../../runtime/fair-capacity.ts';
import type { EngineContext } from '../context.ts';
import { targetKey } from '../jobs/definitions.ts';
import { type EngineJob, slotsOfJob } from '../jobs/job-records.ts';

/**
 * Jobs that are due and wait for a place for their call. Nothing is appended for them while they wait, so a crash loses
 * nothing, and a change in that time is settled as it happened.
 */
export type AdmissionQueue = {
  /**
   * Gives the turns that are possible now, first to jobs that wait, then to these. The others begin to wait.
   * @param due jobs to look at; a job that waits already keeps its turn
   */
  next(due: readonly EngineJob[]): JobAdmission[];
  /** In how many milliseconds `next` may find a turn for a job that waits, unless something changes before; 0 for now. */
  nextInMs(): number;
  waiting(): number;
};

export type JobAdmission = {
  readonly job: EngineJob;
  /** Undefined if this turn may claim no call. */
  readonly ticket: Permit | undefined;
  /** The job waited for a place. Without a ticket it still waits, and all its slots but the latest are missed. */
  readonly hasWaited: boolean;
  /** The job's limit leaves no room for its call. */
  readonly atLimit: boolean;
};

/** Most turns given at once to jobs that waited: as many as are claimed together. */
const MOST = 500;

export const createAdmissionQueue = (context: EngineContext, places: FairCapacity): AdmissionQueue => {
  const { limits, table, closures, definitions, parking, time } = context;
  const waiting = createFairQueue<EngineJob>(places);

  const inputOf = (job: EngineJob) => {
    const nowMs = time.now();
    const { rules, status } = job;
    const [slots, isPaused] = [slotsOfJob(job), closures.isPaused(job, nowMs)];
    return { rules, status, slots, closures: closures.closuresOf(job), isPaused, nowMs };
  };

  /** Whether what is due may be a call, and not only an event to append. */
  const mayCall = (job: EngineJob): boolean =>
    job.runs.jobRevision === job.jobRevision && canCallNext(job.runs, inputOf(job));

  const isDue = (job: EngineJob): boolean => !parking.holds(job) && table.isDue(job, time.now());

  const flowOf = ({ jobId, tenant, target }: EngineJob): Flow => {
    const known = target === undefined ? definitions.get(jobId) : undefined;
    return places.flowOf(tenant, target ?? (known === undefined ? '' : targetKey(known.definition)));
  };

  const admitByLimit = (job: EngineJob): boolean =>
    job.rules.limit === undefined || limits.admit(job, dueOfNextMs(job.runs, inputOf(job)));

  /** The turn of a job that waited; undefined if it is no longer due. */
  const turnOfWaiting = (job: EngineJob, flow: Flow): JobAdmission | undefined => {
    table.waitsNoLonger(job);
    const ticket = isDue(job) && mayCall(job) && admitByLimit(job) ? places.admit(flow) : undefined;
    if (ticket !== undefined) return { job, ticket, hasWaited: true, atLimit: false };
    limits.settled(job);
    table.arm(job);
    return undefined;
  };

  const turnOf = (job: EngineJob): JobAdmission | undefined => {
    if (!mayCall(job)) return { job, ticket: undefined, hasWaited: false, atLimit: false };
    const flow = flowOf(job);
    const waitsIn = waiting.flowOf(job);
    if (waitsIn === flow) {
      if (job.waits) return { job, ticket: undefined, hasWaited: true, atLimit: false };
      table.waits(job);
      return undefined;
    }
    if (waitsIn !== undefined) {
      waiting.remove(job);
      table.waitsNoLonger(job);
    }
    if (!admitByLimit(job)) return { job, ticket: undefined, hasWaited: false, atLimit: true };
    const ticket = flow.waiting > 0 ? undefined : places.admit(flow);
    if (ticket !== undefined) return { job, ticket, hasWaited: false, atLimit: false };
    limits.settled(job);
    waiting.add(job, flow);
    table.waits(job);
    return undefined;
  };

  const take = (job: EngineJob, turns: JobAdmission[]): void => {
    const turn = turnOf(job);
    if (turn !== undefined) turns.push(turn);
  };

  const stillWants = (job: EngineJob): boolean => {
    const wants = isDue(job) && mayCall(job);
    if (!wants) table.arm(job);
    return wants;
  };

  return {
    next: (due) => {
      const turns = waiting.serve(turnOfWaiting, MOST);
      for (const job of limits.next(stillWants)) take(job, turns);
      const found = new Set(turns.map(({ job }) => job));
      for (const job of due) if (!found.has(job)) take(job, turns);
      return turns;
    },
    nextInMs: () => (waiting.mayServe() ? 0 : limits.nextInMs()),
    waiting: waiting.size,
  };
};
