import { canCallNext, dueOfNextMs } from '../../domain/execution/decide.ts';
import { type FairCapacity, type Flow, finish, type Permit } from '../../runtime/fair-capacity.ts';
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
  /** Notes that a place came free. */
  placeFreed(): void;
  /** Whether `next` may find a turn for a job that waits. */
  mayHaveNext(): boolean;
  /** In how many milliseconds it may find one at the soonest, unless something changes before. */
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
  const flowOfWaiting = new Map<EngineJob, Flow>();
  /** Waiting jobs by tenant and flow. The one served last comes last, so all are served in rotation. */
  const tenants = new Map<Flow['tenant'], Map<Flow, Set<EngineJob>>>();
  let freed = false;

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

  const wait = (job: EngineJob, flow: Flow): void => {
    const flows = tenants.get(flow.tenant) ?? new Map<Flow, Set<EngineJob>>();
    tenants.set(flow.tenant, flows);
    const jobs = flows.get(flow) ?? new Set<EngineJob>();
    flows.set(flow, jobs.add(job));
    flowOfWaiting.set(job, flow);
    places.queue(flow);
    table.waits(job);
  };

  const leave = (job: EngineJob, flow: Flow): void => {
    const flows = tenants.get(flow.tenant);
    const jobs = flows?.get(flow);
    flowOfWaiting.delete(job);
    places.leave(flow);
    table.waitsNoLonger(job);
    jobs?.delete(job);
    if (jobs?.size === 0) flows?.delete(flow);
    if (flows?.size === 0) tenants.delete(flow.tenant);
  };

  const admitByLimit = (job: EngineJob): boolean =>
    job.rules.limit === undefined || limits.admit(job, dueOfNextMs(job.runs, inputOf(job)));

  /** Gives the flow's ticket to its first job that is still due; jobs that are no longer due leave the flow. */
  const nextIn = (flow: Flow, jobs: ReadonlySet<EngineJob>): JobAdmission | undefined => {
    for (const job of jobs) {
      leave(job, flow);
      const ticket = isDue(job) && mayCall(job) && admitByLimit(job) ? places.admit(flow) : undefined;
      if (ticket !== undefined) return { job, ticket, hasWaited: true, atLimit: false };
      limits.settled(job);
      table.arm(job);
    }
    return undefined;
  };

  const nextOf = (flows: Map<Flow, Set<EngineJob>>): JobAdmission | undefined => {
    for (const [flow, jobs] of flows) {
      if (!places.mayAdmit(flow)) continue;
      const turn = nextIn(flow, jobs);
      if (turn === undefined) continue;
      finish(flows, flow);
      return turn;
    }
    return undefined;
  };

  const nextOfWaiting = (): JobAdmission[] => {
    const found: JobAdmission[] = [];
    for (const [tenant, flows] of tenants) {
      if (found.length === MOST) break;
      const turn = nextOf(flows);
      if (turn === undefined) continue;
      found.push(turn);
      // This loop reaches the tenant again after all others.
      finish(tenants, tenant);
    }
    freed = found.length === MOST;
    return found;
  };

  const turnOf = (job: EngineJob): JobAdmission | undefined => {
    if (!mayCall(job)) return { job, ticket: undefined, hasWaited: false, atLimit: false };
    const flow = flowOf(job);
    const waitsIn = flowOfWaiting.get(job);
    if (waitsIn === flow) {
      if (job.waits) return { job, ticket: undefined, hasWaited: true, atLimit: false };
      table.waits(job);
      return undefined;
    }
    if (waitsIn !== undefined) leave(job, waitsIn);
    if (!admitByLimit(job)) return { job, ticket: undefined, hasWaited: false, atLimit: true };
    const ticket = flow.waiting > 0 ? undefined : places.admit(flow);
    if (ticket !== undefined) return { job, ticket, hasWaited: false, atLimit: false };
    limits.settled(job);
    wait(job, flow);
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
      const turns = nextOfWaiting();
      for (const job of limits.next(stillWants)) take(job, turns);
      const found = new Set(turns.map(({ job }) => job));
      for (const job of due) if (!found.has(job)) take(job, turns);
      return turns;
    },
    placeFreed: () => {
      freed = true;
    },
    mayHaveNext: () => (freed && flowOfWaiting.size > 0) || limits.mayHaveNext(),
    nextInMs: limits.nextInMs,
    waiting: () => flowOfWaiting.size,
  };
};
