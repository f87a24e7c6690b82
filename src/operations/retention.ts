import { type ExpiredJob, expireJob, keepLeaves } from '../commands/retention.ts';
import { durationMs } from '../domain/duration.ts';
import type { EventOf } from '../domain/events/index.ts';
import { MIN_RETENTION, wantedHorizonMs } from '../domain/retention/expire-executions.ts';
import { runsStream } from '../domain/streams.ts';
import { type JobId, toInstant, toMs } from '../domain/values.ts';
import { StreamParked } from '../event-store/errors.ts';
import { comparePositions, LOG_START, type Position, type Revision } from '../event-store/port.ts';
import type { Queries } from '../projections/queries/index.ts';
import { createWorkRunner, type WorkRunner } from '../runtime/leased-work.ts';
import { slicesOf } from '../runtime/slices.ts';
import type { OperationContext } from './context.ts';

/**
 * Expires executions, in one process of an installation. A round has these steps. Each can be repeated, so if a process
 * dies, the next one resumes:
 *
 * 1. The leaves of all events recorded before the latest cutoff are kept (`LeavesRecorded`).
 * 2. For each job, `ExecutionsExpired` is appended: its executions are then gone for every reader of the log.
 * 3. When every read model has applied that, including one being rebuilt, the events are cut. The first round of a process,
 * and one after a failure, begins with the cuts that an earlier round left.
 */
export type RetentionWork = OperationContext & {
  /** Maximum age of executions; `undefined` means unlimited. */
  readonly longestMs: number | undefined;
  /** The events to append so that the leaves of all events recorded before an instant, epoch ms, are kept. */
  readonly leavesToKeep: (beforeMs: number, signal: AbortSignal) => AsyncIterable<EventOf<'LeavesRecorded'>['data']>;
  /**
   * Waits a limited time for every read model, including one being rebuilt, to apply the log up to this position. Resolves
   * to whether they did.
   */
  readonly takenInBy: (position: Position) => Promise<boolean>;
};

const INSTALLATION = 'installation';
const ROUND_EVERY_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** Read models count per minute, so cuts must fall on whole minutes. */
const STEP_MS = 3_600_000;
/** Maximum jobs to check together. */
const LOOKED_AT = 1_000;
/** Maximum jobs to expire before their events are cut. */
const AT_ONCE = 50;
/** Events per cut. Appends wait for a cut, so a pause of four times its duration follows. */
const CUT_AT_ONCE = 1_000;
const RESTS = 4;
const REST_MS = 20;

/** A read model is behind or being rebuilt and would miss the cut events. */
class ReadModelsBehind extends Error {
  override readonly name = 'ReadModelsBehind';
}

/** Runs retention once an hour. */
export const createRetention = (deps: RetentionWork): WorkRunner => {
  let dueMs = Number.NEGATIVE_INFINITY;
  let lookForCuts = true;
  return createWorkRunner(deps, {
    name: 'retention',
    most: 1,
    find: async () => (deps.world.clock.now() >= dueMs && (await isConfigured(deps)) ? [INSTALLATION] : []),
    leaseOf: () => 'retention',
    carryOut: async (_, { signal }) => {
      const isFirst = lookForCuts;
      lookForCuts = true;
      await retain(deps, { signal, lookForCuts: isFirst });
      lookForCuts = false;
      dueMs = deps.world.clock.now() + ROUND_EVERY_MS;
    },
  });
};

type Round = {
  readonly signal: AbortSignal;
  /**
   * Whether an earlier round may have left cuts: one of this process that failed, or of another process before its first
   * round.
   */
  readonly lookForCuts: boolean;
};

/** Returns whether anything can expire; otherwise a round would check every job in vain. */
const isConfigured = async ({ longestMs, queries }: RetentionWork): Promise<boolean> =>
  longestMs !== undefined || queries.hasRetention();

/**
 * Runs a round. Cutoffs are the beginnings of days, so that a job has at most one event per day.
 * @throws ReadModelsBehind, errors of the log and of Postgres, and the signal's reason: call it again
 */
export const retain = async (deps: RetentionWork, { signal, lookForCuts }: Round): Promise<void> => {
  const { queries, world, longestMs, leavesToKeep, store } = deps;
  const nowMs = world.clock.now();
  await untilTakenIn(deps, (await store.end()) ?? LOG_START);
  if (lookForCuts) await cutWhatIsLeft(deps, signal);
  const hasOwn = await queries.hasRetention();
  const shortestMs = hasOwn ? durationMs(MIN_RETENTION) : longestMs;
  if (shortestMs === undefined) return;
  for await (const kept of leavesToKeep(dayOf(nowMs - shortestMs), signal)) {
    await keepLeaves(deps)(kept);
    await rest(deps, signal);
  }
  let after: JobId | undefined;
  let executions = 0;
  for (;;) {
    const { jobs: looked, next } = await queries.jobsKeeping({
      onlyOwn: longestMs === undefined,
      after,
      limit: LOOKED_AT,
    });
    const horizons = looked.flatMap((job) => {
      const wantedMs = wantedOf(job, { longestMs, nowMs });
      return wantedMs === undefined ? [] : [{ ...job, beforeMs: dayOf(wantedMs) }];
    });
    const requested = horizons.map(({ jobId, tenant, beforeMs }) => ({ jobId, tenant, before: toInstant(beforeMs) }));
    const old = new Set(await queries.jobsToExpire(requested));
    const jobs = horizons.filter(({ jobId }) => old.has(jobId));
    for (const some of slicesOf(jobs, AT_ONCE)) {
      const expired = await expireJobs(deps, some, signal);
      await cutJobs(deps, expired, signal);
      executions += expired.reduce((sum, each) => sum + each.executions, 0);
    }
    if (next === undefined) break;
    after = next;
    await rest(deps, signal);
  }
  if (executions > 0) world.log.info({ executions }, 'executions expired');
};

const dayOf = (instantMs: number): number => Math.floor(instantMs / DAY_MS) * DAY_MS;

type KeepingJob = Awaited<ReturnType<Queries['jobsKeeping']>>['jobs'][number];

const wantedOf = (
  { retention, lastKeptAt }: KeepingJob,
  at: { readonly longestMs: number | undefined; readonly nowMs: number },
): number | undefined =>
  wantedHorizonMs({ ...at, retention, lastKeptMs: lastKeptAt === undefined ? undefined : toMs(lastKeptAt) });

type ExpiredOfJob = ExpiredJob & { readonly jobId: JobId };
/** A job with executions to expire, and the cutoff. */
type ExpiringJob = { readonly jobId: JobId; readonly beforeMs: number };

const expireJobs = async (
  deps: RetentionWork,
  jobs: readonly ExpiringJob[],
  signal: AbortSignal,
): Promise<ExpiredOfJob[]> => {
  const found: ExpiredOfJob[] = [];
  const expire = expireJob(deps);
  for (const { jobId, beforeMs } of jobs) {
    try {
      const expired = await expire(jobId, { wantedMs: beforeMs, stepMs: STEP_MS });
      if (expired !== undefined) found.push({ ...expired, jobId });
    } catch (error) {
      // No action is taken on a parked stream; it is reported elsewhere.
      if (!(error instanceof StreamParked)) throw error;
    }
    await rest(deps, signal);
  }
  return found;
};

const cutJobs = async (deps: RetentionWork, jobs: readonly ExpiredOfJob[], signal: AbortSignal): Promise<void> => {
  const last = jobs.reduce((end, { position }) => (comparePositions(position, end) > 0 ? position : end), LOG_START);
  if (jobs.length > 0) await untilTakenIn(deps, last);
  for (const { jobId, keptFrom } of jobs) await cut(deps, { stream: runsStream(jobId), keptFrom, signal });
};

const cutWhatIsLeft = async (deps: RetentionWork, signal: AbortSignal): Promise<void> => {
  for await (const { jobId, keptFrom } of deps.queries.expiredJobs({})) {
    await cut(deps, { stream: runsStream(jobId), keptFrom, signal });
  }
};

type CutInput = { readonly stream: string; readonly keptFrom: Revision; readonly signal: AbortSignal };

const cut = async (deps: RetentionWork, { stream, keptFrom, signal }: CutInput): Promise<void> => {
  const { clock } = deps.world;
  let first = await firstRevision(deps, stream);
  while (first < keptFrom) {
    first = Math.min(first + CUT_AT_ONCE, keptFrom);
    const beganMs = clock.monotonic();
    await deps.store.truncateBefore(stream, first);
    await rest(deps, signal, RESTS * (clock.monotonic() - beganMs));
  }
};

/** The first remaining event of a stream; nothing is cut from an unreadable stream. */
const firstRevision = async ({ store }: RetentionWork, stream: string): Promise<Revision> => {
  try {
    for await (const { revision } of store.readStream(stream, { limit: 1 })) return revision;
  } catch (error) {
    if (!(error instanceof StreamParked)) throw error;
  }
  return Number.POSITIVE_INFINITY;
};

const untilTakenIn = async ({ takenInBy }: RetentionWork, position: Position): Promise<void> => {
  if (await takenInBy(position)) return;
  throw new ReadModelsBehind('a read model is behind or being built: expired data is deleted when it has caught up');
};

const rest = async ({ world }: RetentionWork, signal: AbortSignal, restMs = 0): Promise<void> => {
  await world.timers.sleep(Math.max(restMs, REST_MS), signal);
  signal.throwIfAborted();
};
