import type { OpenExecution, RunEvent } from '../../domain/events/index.ts';
import type { RecordedEvent } from '../../event-store/port.ts';
import type { World } from '../../runtime/world.ts';
import type { CallLimit } from '../jobs/application-values.ts';
import { createDueQueue, type DueQueue } from '../jobs/due-queue.ts';
import type { EngineJob } from '../jobs/engine-job.ts';
import { createRecentStarts, type RecentStarts } from './recent-starts.ts';

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
  rated(): { readonly job: EngineJob; readonly perMs: number }[];
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
  mayHaveNext(): boolean;
  /** In how many milliseconds a rate leaves room for a job that waits; Infinity where none waits for that. */
  nextInMs(): number;
  /** Resolves when the call of this engine's claim may go out, or when the signal aborts. */
  untilTurn(claim: ClaimedCall, signal: AbortSignal): Promise<void>;
  /** Notes that the request of this call is sent now. */
  sent(claim: ClaimedCall): void;
};

type ClaimedCall = { readonly jobId: number; readonly executionId: number; readonly attempt: number };

type Options = {
  readonly engineId: string;
  readonly limitOf: (applicationId: number, name: string) => CallLimit | undefined;
  /** How long ago something was recorded that the subscription brings now; 0 for what this engine hears at once. */
  readonly ageMs: (recordedAt: number) => number;
  readonly clock: Pick<World['clock'], 'monotonic'>;
  readonly timers: World['timers'];
};

/** A call under way, at any engine: claimed and not ended. */
type LimitedCall = {
  readonly executionId: number;
  readonly attempt: number;
  /** Place of its claim among all that the subscription has brought; Infinity until it has. */
  order: number;
  cancelled: boolean;
};

type Group = {
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

type Member = { readonly group: Group; calls: readonly LimitedCall[] };

/** Most jobs that have waited and are claimed at once. */
const MOST_AT_ONCE = 500;
/** A call that waits for its turn is looked at at least this often. */
const LOOK_EVERY_MS = 250;

export const createLimits = ({ engineId, limitOf, ageMs, clock, timers }: Options): Limits => {
  const groups = new Map<string, Group>();
  const members = new Map<number, Member & { readonly job: EngineJob }>();
  const groupsWaiting = new Set<Group>();
  let heardClaims = 0;

  const groupOf = ({ applicationId }: EngineJob, name: string): Group => {
    const key = `${applicationId}/${name}`;
    const known = groups.get(key);
    if (known !== undefined) return known;
    const group: Group = {
      applicationId,
      name,
      calls: new Set(),
      unsent: new Set(),
      starts: createRecentStarts(),
      held: new Set(),
      waiting: new Map(),
      queue: createDueQueue(),
      listeners: new Set(),
    };
    groups.set(key, group);
    return group;
  };

  const changed = ({ listeners }: Group): void => {
    for (const listener of listeners) listener();
  };

  const leave = (job: EngineJob): void => {
    const member = members.get(job.jobId);
    if (member === undefined) return;
    const { group, calls } = member;
    members.delete(job.jobId);
    for (const call of calls) end(group, call);
    group.held.delete(job);
    noLongerWaits(group, job);
    changed(group);
  };

  const end = (group: Group, call: LimitedCall): void => {
    group.calls.delete(call);
    group.unsent.delete(call);
  };

  const noLongerWaits = (group: Group, job: EngineJob): void => {
    group.waiting.delete(job);
    if (group.waiting.size === 0) groupsWaiting.delete(group);
  };

  const noteStart = ({ applicationId, name, starts }: Group, forMs: number): void => {
    if (limitOf(applicationId, name)?.rate !== undefined) starts.add(clock.monotonic() - forMs);
  };

  /** A call that is known first by the tail of its job: of this engine, or of another one. */
  const begin = (group: Group, open: OpenExecution, order: number): LimitedCall => {
    const { executionId, attempt, cancelRequested } = open;
    const call = { executionId, attempt, order, cancelled: cancelRequested !== undefined };
    group.calls.add(call);
    if (open.engineId === engineId || order === Number.POSITIVE_INFINITY) group.unsent.add(call);
    return call;
  };

  const find = ({ jobId, executionId, attempt }: ClaimedCall) => {
    const member = members.get(jobId);
    const call = member?.calls.find((each) => each.executionId === executionId && each.attempt === attempt);
    return member && call && { group: member.group, call };
  };

  const roomByRate = ({ starts, unsent, held }: Group, { rate }: CallLimit): number =>
    rate === undefined
      ? Number.POSITIVE_INFINITY
      : rate.count - starts.countSince(clock.monotonic() - rate.perMs) - unsent.size - held.size;

  const roomIn = (group: Group): number => {
    const limit = limitOf(group.applicationId, group.name);
    if (limit === undefined) return Number.POSITIVE_INFINITY;
    const { parallel = Number.POSITIVE_INFINITY } = limit;
    return Math.min(parallel - group.calls.size - group.held.size, roomByRate(group, limit));
  };

  /** Takes the first job out of those that wait; undefined where none does. */
  const popWaiting = (group: Group): EngineJob | undefined => {
    for (;;) {
      const first = group.queue.popDue(Number.POSITIVE_INFINITY);
      if (first === undefined) return undefined;
      const job = members.get(first.id)?.job;
      if (job === undefined || group.waiting.get(job) !== first.dueMs) continue;
      noLongerWaits(group, job);
      return job;
    }
  };

  /** When room opens by the rate, monotonic; Infinity where something else is waited for. */
  const opensAtMs = (group: Group): number => {
    const limit = limitOf(group.applicationId, group.name);
    const room = limit === undefined ? Number.POSITIVE_INFINITY : roomByRate(group, limit);
    if (limit?.rate === undefined || room > 0) return Number.POSITIVE_INFINITY;
    const leftMs = group.starts.nthSince(clock.monotonic() - limit.rate.perMs, 1 - room);
    return leftMs === undefined ? Number.POSITIVE_INFINITY : leftMs + limit.rate.perMs;
  };

  /** Whether the claims before this one leave room for its call. */
  const isTurnOf = (group: Group, call: LimitedCall): boolean => {
    const limit = limitOf(group.applicationId, group.name);
    if (call.cancelled || limit === undefined) return true;
    if (call.order === Number.POSITIVE_INFINITY) return false;
    const before = (calls: ReadonlySet<LimitedCall>): number =>
      [...calls].filter(({ order }) => order < call.order).length;
    const { parallel = Number.POSITIVE_INFINITY, rate } = limit;
    if (before(group.calls) >= parallel) return false;
    return (
      rate === undefined || group.starts.countSince(clock.monotonic() - rate.perMs) + before(group.unsent) < rate.count
    );
  };

  const untilChange = async ({ listeners }: Group, signal: AbortSignal): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>();
    listeners.add(resolve);
    const stop = (): void => resolve();
    signal.addEventListener('abort', stop);
    const cancelTimer = timers.after(LOOK_EVERY_MS, resolve);
    await promise;
    cancelTimer();
    signal.removeEventListener('abort', stop);
    listeners.delete(resolve);
  };

  return {
    take: (job) => {
      const name = job.rules.limit;
      const before = members.get(job.jobId);
      const group = name === undefined ? undefined : groupOf(job, name);
      if (before !== undefined && before.group !== group) leave(job);
      if (group === undefined) return;
      const known = before?.group === group ? before.calls : undefined;
      // Calls claimed before the job got this limit never make another call wait.
      const order = known === undefined ? ++heardClaims : Number.POSITIVE_INFINITY;
      const calls = job.runs.open
        .filter(({ state }) => state !== 'pending')
        .map((open) => {
          const same = known?.find((call) => call.executionId === open.executionId && call.attempt === open.attempt);
          if (same !== undefined) same.cancelled = open.cancelRequested !== undefined;
          return same ?? begin(group, open, order);
        });
      for (const call of known ?? []) if (!calls.includes(call)) end(group, call);
      members.set(job.jobId, { job, group, calls });
      changed(group);
    },
    forget: leave,
    heard: (job, event) => {
      const group = members.get(job.jobId)?.group;
      if (event.type !== 'ExecutionStarted' || group === undefined) return;
      const call = find(event.data)?.call;
      if (call !== undefined) call.order = Math.min(call.order, ++heardClaims);
      if (event.data.engineId !== engineId) {
        if (call !== undefined) group.unsent.delete(call);
        noteStart(group, ageMs(event.recordedAt));
      }
      changed(group);
    },
    rated: () =>
      [...members.values()].flatMap(({ job, group }) => {
        const rate = limitOf(group.applicationId, group.name)?.rate;
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
      if (roomIn(group) > 0 && (group.waiting.size === 0 || group.queue.nextMs() >= dueMs)) {
        noLongerWaits(group, job);
        group.held.add(job);
        return true;
      }
      if (group.waiting.get(job) !== dueMs) group.queue.push(dueMs, job.jobId);
      group.waiting.set(job, dueMs);
      groupsWaiting.add(group);
      return false;
    },
    settled: (job) => members.get(job.jobId)?.group.held.delete(job),
    next: (wants) => {
      const found: EngineJob[] = [];
      for (const group of groupsWaiting) {
        while (found.length < MOST_AT_ONCE && roomIn(group) > 0) {
          const job = popWaiting(group);
          if (job === undefined) break;
          if (!wants(job)) continue;
          group.held.add(job);
          found.push(job);
        }
      }
      return found;
    },
    mayHaveNext: () => [...groupsWaiting].some((group) => roomIn(group) > 0),
    nextInMs: () =>
      [...groupsWaiting].reduce(
        // Never at once: a fraction of a millisecond would be lost in an epoch time, and the wait be over before it is.
        (soonestMs, group) => Math.min(soonestMs, Math.max(1, Math.ceil(opensAtMs(group) - clock.monotonic()))),
        Number.POSITIVE_INFINITY,
      ),
    untilTurn: async (claim, signal) => {
      for (;;) {
        const found = find(claim);
        if (found === undefined || signal.aborted || isTurnOf(found.group, found.call)) return;
        await untilChange(found.group, signal);
      }
    },
    sent: (claim) => {
      const found = find(claim);
      if (found === undefined || !found.group.unsent.delete(found.call)) return;
      noteStart(found.group, 0);
    },
  };
};
