import type { OpenExecution, RunEvent } from '../../domain/events/index.ts';
import type { RecordedEvent } from '../../event-store/port.ts';
import { awaitWithTimeout } from '../../runtime/timeout.ts';
import type { EngineContext, EngineSetup } from '../context.ts';
import type { CallLimit } from '../jobs/application-values.ts';
import { createDueQueue, type DueQueue } from '../jobs/due-queue.ts';
import type { EngineJob } from '../jobs/job-records.ts';
import { createRecentStarts, type RatedJob, type RecentStarts } from './recent-starts.ts';

/**
 * Holds the jobs of a limit to it. The engine that owns them claims no more than the limit leaves room for; what
 * exceeds it waits, and goes in order of due time.
 *
 * For a moment after a change of owner two engines may claim for one limit. So the log has the last word: a call goes
 * out once the engine has heard its own claim in the log, and the claims before it leave room for it. All engines see
 * these in one order, and none counts a call that comes after its own.
 */
export type Limits = {
  /** Takes in what is known now of a job that names a limit, or named one. */
  take(job: EngineJob): void;
  forget(job: EngineJob): void;
  /** Takes a run event of such a job that the subscription brings for the first time. */
  heard(job: EngineJob, event: RecordedEvent<RunEvent>): void;
  /** The jobs whose limit has a rate, with how far that looks back. */
  rated(): RatedJob[];
  /** Notes that a call of the job began so long ago, before this engine was there. */
  began(job: EngineJob, forMs: number): void;
  /** Whether the job waits for room. */
  waits(job: EngineJob): boolean;
  /**
   * Whether the limit has room for the job's next call, due at `dueMs`: then it is held for the job until `settled`,
   * else the job waits.
   */
  admit(job: EngineJob, dueMs: number): boolean;
  /** Gives back what is held for a job: its claim is appended by now, or none is. */
  settled(job: EngineJob): void;
  /** Jobs that have waited and now have room held for them, first due first. `wants` says whether one still needs it. */
  next(wants: (job: EngineJob) => boolean): EngineJob[];
  /**
   * In how many milliseconds there is room for a job that waits: 0 if there is now, Infinity if that is not known or none
   * waits.
   */
  nextInMs(): number;
  /** Resolves when the call of this engine's claim may go out, or when the engine stops waiting for calls. */
  untilTurn(claim: ClaimedCall): Promise<void>;
  /** Notes that the request of this call is sent now. */
  sent(claim: ClaimedCall): void;
};

type ClaimedCall = { readonly jobId: number; readonly executionId: number; readonly attempt: number };

type Member = { readonly job: EngineJob; readonly group: LimitGroup; readonly calls: readonly LimitedCall[] };

/** Most jobs that have waited and are claimed at once. */
const MAX_AT_ONCE = 500;
/** A call that waits for its turn is looked at at least this often. */
const POLL_INTERVAL_MS = 250;

export const createLimits = (
  { engineId, time, world: { clock, timers } }: EngineSetup,
  { values, state, calls: { signal } }: Pick<EngineContext, 'values' | 'state' | 'calls'>,
): Limits => {
  const groups = new Map<string, LimitGroup>();
  const members = new Map<number, Member>();
  const groupsWaiting = new Set<LimitGroup>();
  let heardClaims = 0;

  const groupOf = ({ applicationId }: EngineJob, name: string): LimitGroup => {
    const key = `${applicationId}/${name}`;
    const group = groups.get(key) ?? createLimitGroup(applicationId, name);
    groups.set(key, group);
    return group;
  };

  const limitOf = ({ applicationId, name }: LimitGroup): CallLimit | undefined =>
    values.of(applicationId).limits.get(name);

  const limitNow = (group: LimitGroup) => ({ limit: limitOf(group), nowMs: clock.monotonic() });

  const changed = (group: LimitGroup): void => {
    group.change?.resolve();
    group.change = undefined;
  };
  signal.addEventListener('abort', () => groups.forEach(changed));

  const noLongerWaits = (group: LimitGroup, job: EngineJob): void => {
    group.waiting.delete(job);
    if (group.waiting.size === 0) groupsWaiting.delete(group);
  };

  const leave = (job: EngineJob): void => {
    const member = members.get(job.jobId);
    if (member === undefined) return;
    const { group, calls } = member;
    members.delete(job.jobId);
    for (const call of calls) endCall(group, call);
    group.held.delete(job);
    noLongerWaits(group, job);
    changed(group);
  };

  const noteStart = (group: LimitGroup, forMs: number): void => {
    if (limitOf(group)?.rate !== undefined) group.starts.add(clock.monotonic() - forMs);
  };

  /** A call that is known first by the tail of its job: of this engine, or of another one. */
  const begin = (group: LimitGroup, open: OpenExecution, order: LimitedCall['order']): LimitedCall => {
    const { executionId, attempt, cancelRequested } = open;
    const call = { executionId, attempt, order, cancelled: cancelRequested !== undefined };
    group.calls.add(call);
    if (open.engineId === engineId || order === 'unheard') group.unsent.add(call);
    return call;
  };

  const find = ({ jobId, executionId, attempt }: ClaimedCall) => {
    const member = members.get(jobId);
    const call = member?.calls.find((each) => each.executionId === executionId && each.attempt === attempt);
    return member && call && { group: member.group, call };
  };

  return {
    take: (job) => {
      const name = job.rules.limit;
      const before = members.get(job.jobId);
      const group = name === undefined ? undefined : groupOf(job, name);
      if (before !== undefined && before.group !== group) leave(job);
      if (group === undefined) return;
      const known = before?.group === group ? before.calls : undefined;
      // The subscription does not bring the claims again that were made before the job got this limit: they count as heard.
      const order = known === undefined ? ++heardClaims : 'unheard';
      const calls = job.runs.open
        .filter(({ state }) => state !== 'pending')
        .map((open) => {
          const same = known?.find((call) => call.executionId === open.executionId && call.attempt === open.attempt);
          if (same !== undefined) same.cancelled = open.cancelRequested !== undefined;
          return same ?? begin(group, open, order);
        });
      for (const call of known ?? []) if (!calls.includes(call)) endCall(group, call);
      members.set(job.jobId, { job, group, calls });
      changed(group);
    },
    forget: leave,
    heard: (job, event) => {
      const group = members.get(job.jobId)?.group;
      if (event.type !== 'ExecutionStarted' || group === undefined) return;
      const call = find(event.data)?.call;
      if (call?.order === 'unheard') call.order = ++heardClaims;
      if (event.data.engineId !== engineId) {
        if (call !== undefined) group.unsent.delete(call);
        // An engine that starts hears of calls that began a while ago.
        noteStart(group, state.isStarting() ? Math.max(0, time.now() - event.recordedAt) : 0);
      }
      changed(group);
    },
    rated: () =>
      [...members.values()].flatMap(({ job, group }) => {
        const rate = limitOf(group)?.rate;
        return rate === undefined ? [] : [{ job, perMs: rate.perMs }];
      }),
    began: (job, forMs) => {
      const group = members.get(job.jobId)?.group;
      if (group !== undefined) noteStart(group, forMs);
    },
    waits: (job) => members.get(job.jobId)?.group.waiting.has(job) ?? false,
    admit: (job, dueMs) => {
      const group = members.get(job.jobId)?.group;
      if (group === undefined || group.held.has(job)) return true;
      const isNext = group.waiting.size === 0 || group.queue.nextMs() >= dueMs;
      if (isNext && hasRoom(group, limitNow(group))) {
        noLongerWaits(group, job);
        group.held.add(job);
        return true;
      }
      wait(group, job, dueMs);
      groupsWaiting.add(group);
      return false;
    },
    settled: (job) => members.get(job.jobId)?.group.held.delete(job),
    next: (wants) => {
      const found: EngineJob[] = [];
      for (const group of groupsWaiting) {
        while (found.length < MAX_AT_ONCE && hasRoom(group, limitNow(group))) {
          const job = popWaiting(group, (jobId) => members.get(jobId)?.job);
          if (group.waiting.size === 0) groupsWaiting.delete(group);
          if (job === undefined) break;
          if (!wants(job)) continue;
          group.held.add(job);
          found.push(job);
        }
      }
      return found;
    },
    nextInMs: () => {
      let soonestMs = Number.POSITIVE_INFINITY;
      for (const group of groupsWaiting) {
        const now = limitNow(group);
        if (hasRoom(group, now)) return 0;
        const atMs = opensAtMs(group, now);
        // Never at once: a fraction of a millisecond would be lost in an epoch time, and the wait be over before it is.
        if (atMs !== undefined) soonestMs = Math.min(soonestMs, Math.max(1, Math.ceil(atMs - now.nowMs)));
      }
      return soonestMs;
    },
    untilTurn: async (claim) => {
      for (;;) {
        const { group, call } = find(claim) ?? {};
        if (group === undefined || call === undefined || signal.aborted) return;
        if (isTurnOf(group, call, limitNow(group))) return;
        group.change ??= Promise.withResolvers();
        await awaitWithTimeout(timers, POLL_INTERVAL_MS, group.change.promise);
      }
    },
    sent: (claim) => {
      const found = find(claim);
      if (found === undefined || !found.group.unsent.delete(found.call)) return;
      noteStart(found.group, 0);
    },
  };
};

/** A call in progress, at any engine: claimed and not ended. */
type LimitedCall = {
  readonly executionId: number;
  readonly attempt: number;
  /** Place of its claim among all that the subscription has brought. */
  order: number | 'unheard';
  cancelled: boolean;
};

/** The calls of all jobs that name one limit of their application. It knows no clock: times are arguments, monotonic. */
type LimitGroup = {
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
  /** Resolves when a call of the group is heard of, or has ended; undefined while nothing waits for that. */
  change: PromiseWithResolvers<void> | undefined;
};

const createLimitGroup = (applicationId: number, name: string): LimitGroup => ({
  applicationId,
  name,
  calls: new Set(),
  unsent: new Set(),
  starts: createRecentStarts(),
  held: new Set(),
  waiting: new Map(),
  queue: createDueQueue(),
  change: undefined,
});

/** The limit as it is now; undefined while the application has none of that name, which holds nobody. */
type Now = { readonly limit: CallLimit | undefined; readonly nowMs: number };

/** Whether one more job may claim. */
const hasRoom = (group: LimitGroup, { limit, nowMs }: Now): boolean => {
  if (limit === undefined) return true;
  const { parallel, rate } = limit;
  if (parallel !== undefined && group.calls.size + group.held.size >= parallel) return false;
  return rate === undefined || roomByRate(group, rate, nowMs) > 0;
};

const roomByRate = ({ starts, unsent, held }: LimitGroup, { count, perMs }: Rate, nowMs: number): number =>
  count - starts.countSince(nowMs - perMs) - unsent.size - held.size;

type Rate = NonNullable<CallLimit['rate']>;

/** When room opens by the rate alone; undefined where that is not what is waited for. */
const opensAtMs = (group: LimitGroup, { limit, nowMs }: Now): number | undefined => {
  const rate = limit?.rate;
  if (rate === undefined) return undefined;
  const room = roomByRate(group, rate, nowMs);
  const lastMs = room > 0 ? undefined : group.starts.nthSince(nowMs - rate.perMs, 1 - room);
  return lastMs === undefined ? undefined : lastMs + rate.perMs;
};

/** Whether the claims before this one leave room for its call. */
const isTurnOf = (group: LimitGroup, call: LimitedCall, { limit, nowMs }: Now): boolean => {
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

const wait = ({ waiting, queue }: LimitGroup, job: EngineJob, dueMs: number): void => {
  if (waiting.get(job) !== dueMs) queue.push(dueMs, job.jobId);
  waiting.set(job, dueMs);
};

/** Takes out of those that wait the one that is due first; undefined where none waits. */
const popWaiting = (
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

const endCall = ({ calls, unsent }: LimitGroup, call: LimitedCall): void => {
  calls.delete(call);
  unsent.delete(call);
};
