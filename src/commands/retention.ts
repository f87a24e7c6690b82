import { CARILLON, type EventOf, isRunEvent } from '../domain/events/index.ts';
import { hasReachedMaxRuns } from '../domain/execution/overlap-decision.ts';
import type { Runs } from '../domain/execution/tail.ts';
import { rulesOf } from '../domain/job/rules.ts';
import {
  type CountedExpiry,
  countExpiry,
  type EarlierExpiry,
  expireExecutions,
  type HorizonInput,
  horizonOf,
} from '../domain/retention/expire-executions.ts';
import { runsStream } from '../domain/streams.ts';
import type { JobId } from '../domain/values.ts';
import type { EventStore, Position, Revision } from '../event-store/port.ts';
import { slotsOf } from './loop/activate-definition.ts';
import { changeDocument, LEAVES } from './loop/documents.ts';
import { type EventLog, handleCommand } from './loop/handle-command.ts';
import { type LoadedJob, loadJob, loadRuns } from './loop/load.ts';

/** The expiry of a job, and the events of its stream of runs that can be cut now. */
export type ExpiredJob = {
  readonly keptFrom: Revision;
  readonly position: Position;
  /** Number of newly expired executions. */
  readonly executions: number;
};

/**
 * Records the expiry of a job's executions that were created before an instant, except open and waiting ones. Reads the
 * events to be cut, so that the recorded event contains what must still be known of them.
 * @returns `undefined` if nothing expires: nothing is old enough, old executions are still open, or only a newer version
 * knows an event
 * @throws StreamParked
 */
export const expireJob =
  (log: EventLog) =>
  async (jobId: JobId, requested: Pick<HorizonInput, 'wantedMs' | 'stepMs'>): Promise<ExpiredJob | undefined> => {
    const { store, world } = log;
    const [job, { state: runs }] = await Promise.all([loadJob(store, jobId), loadRuns(store, jobId)]);
    // A definition that is not active yet settles slots when it is activated.
    if (job.state.status === 'absent' || runs.jobRevision < job.definitionRevision) return undefined;
    const { definition } = job.state;
    const bounds = { ...requested, nextSlotMs: nextSlotOf(job, runs) };
    const horizonMs = horizonOf(runs, bounds);
    if (horizonMs === undefined) return undefined;
    const counted = await count(store, { jobId, runs, horizonMs });
    if (counted === undefined) return undefined;
    const { events, position } = await handleCommand(log, {
      stream: runsStream(jobId),
      context: { tenant: definition.tenant, actor: CARILLON, correlationId: world.random.uuid() },
      load: () => loadRuns(store, jobId),
      decide: (now, revision) =>
        expireExecutions(now, {
          ...bounds,
          ...{ job: definition, horizonMs, counted, countedBy: runs, revision: revision + 1 },
        }),
    });
    const [expired] = events;
    if (expired === undefined || position === undefined) return undefined;
    return { keptFrom: expired.data.keptFrom, position, executions: counted.executions };
  };

/** The first unsettled slot. */
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

/** The last expiry of a job, which its tail refers to. */
const earlierOf = async (store: EventStore, stream: string, { expired }: Runs): Promise<EarlierExpiry | undefined> => {
  if (expired === undefined) return undefined;
  for await (const event of store.readStream(stream, { from: expired.revision, limit: 1 })) {
    if (event.type === 'ExecutionsExpired' && event.revision === expired.revision) return event.data;
  }
  throw new Error(`revision ${expired.revision} of ${stream} does not state what has expired`);
};

type KeptLeaves = EventOf<'LeavesRecorded'>['data'];

/** Records leaves so that their events can be cut; nothing if another process has recorded as much. */
export const keepLeaves =
  (log: EventLog) =>
  async (kept: KeptLeaves): Promise<void> => {
    await changeDocument(log, LEAVES, {
      key: [],
      context: { tenant: '', actor: CARILLON, correlationId: log.world.random.uuid() },
      decide: (last) =>
        last !== undefined && last.before >= kept.before ? [] : [{ type: 'LeavesRecorded', data: kept }],
    });
  };
