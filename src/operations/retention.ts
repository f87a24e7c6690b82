import type { EventLog } from '../commands/loop/handle-command.ts';
import { type ExpiredJob, expireJob, keepLeaves } from '../commands/retention.ts';
import type { EventOf } from '../domain/events/index.ts';
import { runsStream } from '../domain/streams.ts';
import { type JobId, toInstant } from '../domain/values.ts';
import { StreamParked } from '../event-store/errors.ts';
import { comparePositions, LOG_START, type Position, type Revision } from '../event-store/port.ts';
import type { Queries } from '../projections/queries/index.ts';
import { createWorkRunner, type Leases, type WorkRunner } from '../runtime/leased-work.ts';

/**
 * Expires executions, in one process of an installation. A round goes in this order, and each step can be done again, so a
 * process that dies between two of them leaves what the next one takes up:
 *
 * 1. The leaves of all events that were recorded before the horizon are kept (`LeavesKept`).
 * 2. Job by job, `ExecutionsExpired` is appended: from then on its executions are gone for everybody who reads the log.
 * 3. Once every read model has taken that in, also one that is being built, the events are cut. The first round of a
 *    process, and one after a failure, begins with the cuts that an earlier one has left.
 */
export type RetentionPorts = {
  readonly retentionMs: number;
  readonly queries: Pick<Queries, 'jobsToExpire' | 'expiredJobs'>;
  /** What is to be appended so that the leaves of all events recorded before an instant, epoch ms, are kept. */
  readonly leavesToKeep: (beforeMs: number, signal: AbortSignal) => AsyncIterable<EventOf<'LeavesKept'>['data']>;
  /**
   * Resolves to whether every read model has taken in the log up to this position, also one that is being built; waits for
   * that, but not for long.
   */
  readonly takenInBy: (position: Position) => Promise<boolean>;
  readonly leases: Leases;
};

type RetentionDeps = EventLog & Omit<RetentionPorts, 'leases'>;

const INSTALLATION = 'installation';
const ROUND_EVERY_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** Read models count per minute, so cuts must fall on whole minutes. */
const STEP_MS = 3_600_000;
/** So many jobs are looked at in one go. */
const LOOKED_AT = 1_000;
/** So many jobs are expired before their events are cut. */
const AT_ONCE = 50;
/** Appends wait for a cut: it takes so many events, and then rests for four times as long as that took. */
const CUT_AT_ONCE = 1_000;
const RESTS = 4;
const REST_MS = 20;

/** A read model is behind or being built: it would miss what is cut. */
class ReadModelsBehind extends Error {
  override readonly name = 'ReadModelsBehind';
}

/** Carries out retention, a round an hour. */
export const createRetention = (deps: RetentionDeps & Pick<RetentionPorts, 'leases'>): WorkRunner => {
  let dueMs = Number.NEGATIVE_INFINITY;
  let lookForCuts = true;
  return createWorkRunner(deps, {
    name: 'retention',
    most: 1,
    find: async () => (deps.world.clock.now() >= dueMs ? [INSTALLATION] : []),
    leaseOf: () => 'retention',
    carryOut: async (_, signal) => {
      const isFirst = lookForCuts;
      lookForCuts = true;
      await retain(deps, { signal, lookForCuts: isFirst });
      lookForCuts = false;
      dueMs = deps.world.clock.now() + ROUND_EVERY_MS;
    },
  });
};

type RoundOptions = {
  readonly signal: AbortSignal;
  /** Whether an earlier round may have left cuts: of this process where it failed, and of others before its first one. */
  readonly lookForCuts: boolean;
};

/**
 * Goes through a round. The horizon is the beginning of a day, so that a job has one event a day at the most.
 * @throws ReadModelsBehind, errors of the log and of Postgres, and the signal's reason: call it again
 */
export const retain = async (deps: RetentionDeps, { signal, lookForCuts }: RoundOptions): Promise<void> => {
  const { queries, world, retentionMs, leavesToKeep, store } = deps;
  const beforeMs = Math.floor((world.clock.now() - retentionMs) / DAY_MS) * DAY_MS;
  await untilTakenIn(deps, (await store.end()) ?? LOG_START);
  if (lookForCuts) await cutWhatIsLeft(deps, signal);
  for await (const kept of leavesToKeep(beforeMs, signal)) {
    await keepLeaves(deps)(kept);
    await rest(deps, signal);
  }
  let after: JobId | undefined;
  let executions = 0;
  for (;;) {
    const { jobs, next } = await queries.jobsToExpire({ before: toInstant(beforeMs), after, limit: LOOKED_AT });
    for (let done = 0; done < jobs.length; done += AT_ONCE) {
      const expired = await expireJobs(deps, { jobs: jobs.slice(done, done + AT_ONCE), beforeMs, signal });
      await cutJobs(deps, expired, signal);
      executions += expired.reduce((sum, each) => sum + each.executions, 0);
    }
    if (next === undefined) break;
    after = next;
    await rest(deps, signal);
  }
  if (executions > 0) world.log.info({ before: toInstant(beforeMs), executions }, 'executions have expired');
};

type CuttableJob = Pick<ExpiredJob, 'keptFrom'> & { readonly jobId: JobId };
type ExpireInput = { readonly jobs: readonly JobId[]; readonly beforeMs: number; readonly signal: AbortSignal };

const expireJobs = async (
  deps: RetentionDeps,
  { jobs, beforeMs, signal }: ExpireInput,
): Promise<(ExpiredJob & CuttableJob)[]> => {
  const found: (ExpiredJob & CuttableJob)[] = [];
  const expire = expireJob(deps);
  for (const jobId of jobs) {
    try {
      const expired = await expire(jobId, { wantedMs: beforeMs, stepMs: STEP_MS });
      if (expired !== undefined) found.push({ ...expired, jobId });
    } catch (error) {
      // Nobody acts on a parked stream; it is reported elsewhere.
      if (!(error instanceof StreamParked)) throw error;
    }
    await rest(deps, signal);
  }
  return found;
};

const cutJobs = async (
  deps: RetentionDeps,
  jobs: readonly (CuttableJob & Pick<ExpiredJob, 'position'>)[],
  signal: AbortSignal,
): Promise<void> => {
  const last = jobs.reduce((end, { position }) => (comparePositions(position, end) > 0 ? position : end), LOG_START);
  if (jobs.length > 0) await untilTakenIn(deps, last);
  for (const { jobId, keptFrom } of jobs) await cut(deps, { stream: runsStream(jobId), keptFrom, signal });
};

const cutWhatIsLeft = async (deps: RetentionDeps, signal: AbortSignal): Promise<void> => {
  for await (const { jobId, keptFrom } of deps.queries.expiredJobs({})) {
    await cut(deps, { stream: runsStream(jobId), keptFrom, signal });
  }
};

type CutInput = { readonly stream: string; readonly keptFrom: Revision; readonly signal: AbortSignal };

const cut = async (deps: RetentionDeps, { stream, keptFrom, signal }: CutInput): Promise<void> => {
  const { clock } = deps.world;
  let first = await firstRevision(deps, stream);
  while (first < keptFrom) {
    first = Math.min(first + CUT_AT_ONCE, keptFrom);
    const beganMs = clock.monotonic();
    await deps.store.truncateBefore(stream, first);
    await rest(deps, signal, RESTS * (clock.monotonic() - beganMs));
  }
};

/** The first event that is left of a stream; of one that cannot be read, nothing is to be cut. */
const firstRevision = async ({ store }: RetentionDeps, stream: string): Promise<Revision> => {
  try {
    for await (const { revision } of store.readStream(stream, { limit: 1 })) return revision;
  } catch (error) {
    if (!(error instanceof StreamParked)) throw error;
  }
  return Number.POSITIVE_INFINITY;
};

const untilTakenIn = async ({ takenInBy }: RetentionDeps, position: Position): Promise<void> => {
  if (await takenInBy(position)) return;
  throw new ReadModelsBehind('a read model is behind or being built: nothing is cut until it has caught up');
};

const rest = async ({ world }: RetentionDeps, signal: AbortSignal, restMs = 0): Promise<void> => {
  await world.timers.sleep(Math.max(restMs, REST_MS), signal);
  signal.throwIfAborted();
};
