import { CARILLON, type EventOf, isRunEvent } from '../domain/events/index.ts';
import { hasReachedMaxRuns } from '../domain/execution/overlap-decision.ts';
import type { Runs } from '../domain/execution/tail.ts';
import { rulesOf } from '../domain/job/rules.ts';
import { expireExecutions, type HorizonInput, horizonOf } from '../domain/retention/expire-executions.ts';
import { type CountedExpiry, countExpiry, type EarlierExpiry } from '../domain/retention/expiry-count.ts';
import { leavesStream, runsStream } from '../domain/streams.ts';
import type { JobId } from '../domain/values.ts';
import { type EventStore, NO_STREAM, type Position, type Revision } from '../event-store/port.ts';
import { lastEventOf } from '../event-store/read-log.ts';
import { slotsOf } from './loop/activate-definition.ts';
import { type EventLog, handleCommand } from './loop/handle-command.ts';
import { type LoadedJob, loadJob, loadRuns } from './loop/load.ts';

/** What was expired of a job, and which events of its stream of runs can be cut now. */
export type ExpiredJob = {
  readonly keptFrom: Revision;
  readonly position: Position;
  /** How many executions have expired now. */
  readonly executions: number;
};

/**
 * Records that the executions of a job which were created before an instant have expired, as far as nothing of them is open
 * or waits. It reads what is to be cut, so that what is still to be known of it is in the event.
 * @returns undefined where nothing expires now: nothing is old enough, or what is old is still open, or an event is there
 * that only a newer release knows
 * @throws StreamParked
 */
export const expireJob =
  (log: EventLog) =>
  async (jobId: JobId, asked: Pick<HorizonInput, 'wantedMs' | 'stepMs'>): Promise<ExpiredJob | undefined> => {
    const { store, world } = log;
    const [job, { state: runs }] = await Promise.all([loadJob(store, jobId), loadRuns(store, jobId)]);
    // A definition that is not in force yet settles slots when it comes to be.
    if (job.state.status === 'absent' || runs.jobRevision < job.definitionRevision) return undefined;
    const { tenant, applicationId } = job.state.definition;
    const bounds = { ...asked, nextSlotMs: nextSlotOf(job, runs) };
    const horizonMs = horizonOf(runs, bounds);
    if (horizonMs === undefined) return undefined;
    const counted = await count(store, { jobId, runs, horizonMs });
    if (counted === undefined) return undefined;
    const { events, position } = await handleCommand(log, {
      stream: runsStream(jobId),
      context: { tenant, actor: CARILLON, correlationId: world.random.uuid() },
      load: () => loadRuns(store, jobId),
      decide: (now, revision) =>
        expireExecutions(now, {
          ...bounds,
          ...{ job: { tenant, applicationId, jobId }, horizonMs, counted, countedBy: runs, revision: revision + 1 },
        }),
    });
    const [expired] = events;
    if (expired === undefined || position === undefined) return undefined;
    return { keptFrom: expired.data.keptFrom, position, executions: counted.executions };
  };

/** The first slot that is still to be settled. */
const nextSlotOf = ({ state }: LoadedJob, runs: Runs): number | undefined => {
  if (state.status !== 'enabled' || hasReachedMaxRuns(runs, rulesOf(state.definition))) return undefined;
  return slotsOf(state)?.next(runs.cursorMs);
};

type CountInput = { readonly jobId: JobId; readonly runs: Runs; readonly horizonMs: number };

const count = async (store: EventStore, { jobId, runs, horizonMs }: CountInput): Promise<CountedExpiry | undefined> => {
  const stream = runsStream(jobId);
  const earlier = await earlierOf(store, stream, runs);
  const counting = countExpiry(earlier, horizonMs);
  let isKnown = true;
  const onPassedOver = (): void => {
    isKnown = false;
  };
  for await (const event of store.readStream(stream, { from: earlier?.keptFrom ?? 0, onPassedOver })) {
    if (!isRunEvent(event)) continue;
    counting.take(event);
    if (counting.isComplete()) break;
  }
  return isKnown ? counting.counted() : undefined;
};

/** The last expiry of a job: the tail says which event it is. */
const earlierOf = async (store: EventStore, stream: string, { expired }: Runs): Promise<EarlierExpiry | undefined> => {
  if (expired === undefined) return undefined;
  for await (const event of store.readStream(stream, { from: expired.revision, limit: 1 })) {
    if (event.type === 'ExecutionsExpired' && event.revision === expired.revision) return event.data;
  }
  throw new Error(`revision ${expired.revision} of ${stream} does not state what has expired`);
};

type KeptLeaves = EventOf<'LeavesRecorded'>['data'];

/** Records leaves whose events may be cut then; nothing where another process has recorded as much. */
export const keepLeaves =
  (log: EventLog) =>
  async (kept: KeptLeaves): Promise<void> => {
    const { store, world } = log;
    await handleCommand(log, {
      stream: leavesStream,
      context: { tenant: '', actor: CARILLON, correlationId: world.random.uuid() },
      load: async () => {
        const last = await lastEventOf(store, leavesStream);
        return {
          state: last?.type === 'LeavesRecorded' ? last.data : undefined,
          revision: last?.revision ?? NO_STREAM,
        };
      },
      decide: (last) =>
        last !== undefined && last.before >= kept.before ? [] : [{ type: 'LeavesRecorded', data: kept }],
    });
  };
