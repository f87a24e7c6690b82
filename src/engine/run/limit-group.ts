import type { CallLimit } from '../jobs/application-values.ts';
import { createDueQueue, type DueQueue } from '../jobs/due-queue.ts';
import type { EngineJob } from '../jobs/engine-job.ts';

/** A call in progress, at any engine: claimed and not ended. */
export type LimitedCall = {
  readonly executionId: number;
  readonly attempt: number;
  /** Place of its claim among all that the subscription has brought. */
  order: number | 'unheard';
  cancelled: boolean;
};

/** The calls of all jobs that name one limit of their application. It knows no clock: times are arguments, monotonic. */
export type LimitGroup = {
  readonly applicationId: number;
  readonly name: string;
  readonly calls: Set<LimitedCall>;
  /** Calls of which it is not known yet when they began: this engine's until they are sent, others' until heard of. */
  readonly unsent: Set<LimitedCall>;
  readonly starts: RecentStarts;
  /** Jobs that room is held for while their claims are appended. */
  readonly held: Set<EngineJob>;
  /** Jobs that wait for room, with when they are due; `queue` may hold outdated entries beside them. */
  readonly waiting: Map<EngineJob, number>;
  readonly queue: DueQueue;
  /** Called when calls of the group were heard of, or have ended. */
  readonly listeners: Set<() => void>;
};

export const createLimitGroup = (applicationId: number, name: string): LimitGroup => ({
  applicationId,
  name,
  calls: new Set(),
  unsent: new Set(),
  starts: createRecentStarts(),
  held: new Set(),
  waiting: new Map(),
  queue: createDueQueue(),
  listeners: new Set(),
});

/** The limit as it is now; undefined while the application has none of that name, which holds nobody. */
type Now = { readonly limit: CallLimit | undefined; readonly nowMs: number };

/** Whether one more job may claim. */
export const hasRoom = (group: LimitGroup, { limit, nowMs }: Now): boolean => {
  if (limit === undefined) return true;
  const { parallel, rate } = limit;
  if (parallel !== undefined && group.calls.size + group.held.size >= parallel) return false;
  return rate === undefined || roomByRate(group, rate, nowMs) > 0;
};

const roomByRate = ({ starts, unsent, held }: LimitGroup, { count, perMs }: Rate, nowMs: number): number =>
  count - starts.countSince(nowMs - perMs) - unsent.size - held.size;

type Rate = NonNullable<CallLimit['rate']>;

/** When room opens by the rate alone; undefined where that is not what is waited for. */
export const opensAtMs = (group: LimitGroup, { limit, nowMs }: Now): number | undefined => {
  const rate = limit?.rate;
  if (rate === undefined) return undefined;
  const room = roomByRate(group, rate, nowMs);
  const lastMs = room > 0 ? undefined : group.starts.nthSince(nowMs - rate.perMs, 1 - room);
  return lastMs === undefined ? undefined : lastMs + rate.perMs;
};

/** Whether the claims before this one leave room for its call. */
export const isTurnOf = (group: LimitGroup, call: LimitedCall, { limit, nowMs }: Now): boolean => {
  if (call.cancelled || limit === undefined) return true;
  const { order } = call;
  if (order === 'unheard') return false;
  const { parallel, rate } = limit;
  if (parallel !== undefined && countBefore(group.calls, order) >= parallel) return false;
  if (rate === undefined) return true;
  return group.starts.countSince(nowMs - rate.perMs) + countBefore(group.unsent, order) < rate.count;
};

const countBefore = (calls: ReadonlySet<LimitedCall>, order: number): number => {
  let count = 0;
  for (const call of calls) if (call.order !== 'unheard' && call.order < order) count++;
  return count;
};

/** Whether somebody waits who is due before this. */
export const isAnyDueBefore = ({ waiting, queue }: LimitGroup, dueMs: number): boolean =>
  waiting.size > 0 && queue.nextMs() < dueMs;

export const wait = ({ waiting, queue }: LimitGroup, job: EngineJob, dueMs: number): void => {
  if (waiting.get(job) !== dueMs) queue.push(dueMs, job.jobId);
  waiting.set(job, dueMs);
};

/** Takes out of those that wait the one that is due first; undefined where none waits. */
export const popWaiting = (
  { waiting, queue }: LimitGroup,
  jobOf: (jobId: number) => EngineJob | undefined,
): EngineJob | undefined => {
  for (;;) {
    const first = queue.popDue(Number.POSITIVE_INFINITY);
    if (first === undefined) return undefined;
    const job = jobOf(first.id);
    if (job === undefined || waiting.get(job) !== first.dueMs) continue;
    waiting.delete(job);
    return job;
  }
};

export const endCall = ({ calls, unsent }: LimitGroup, call: LimitedCall): void => {
  calls.delete(call);
  unsent.delete(call);
};

/** When calls of one limit began, as far back as its rate looks; monotonic ms. */
type RecentStarts = {
  add(atMs: number): void;
  /** How many began after `sinceMs`. Earlier ones are forgotten. */
  countSince(sinceMs: number): number;
  /** When the nth one after `sinceMs` began; undefined where there are fewer. */
  nthSince(sinceMs: number, nth: number): number | undefined;
};

/** Forgotten entries are cut off once there are so many. */
const CUT_AT = 1_024;

export const createRecentStarts = (): RecentStarts => {
  let times: number[] = [];
  /** Index of the first that still counts. */
  let first = 0;

  const forget = (sinceMs: number): void => {
    while (first < times.length && (times[first] ?? 0) <= sinceMs) first++;
    if (first < CUT_AT) return;
    times = times.slice(first);
    first = 0;
  };

  return {
    add: (atMs) => {
      let index = times.length;
      while (index > first && (times[index - 1] ?? 0) > atMs) index--;
      times.splice(index, 0, atMs);
    },
    countSince: (sinceMs) => {
      forget(sinceMs);
      return times.length - first;
    },
    nthSince: (sinceMs, nth) => {
      forget(sinceMs);
      return times[first + nth - 1];
    },
  };
};
