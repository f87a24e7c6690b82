import { appendLoop, toNewEvent } from '../../commands/loop/handle-command.ts';
import { lastRunEvent } from '../../commands/loop/load.ts';
import { type EventMetadata, isRunEvent, type RunEvent } from '../../domain/events/index.ts';
import type { Runs } from '../../domain/execution/tail.ts';
import { runsStream } from '../../domain/streams.ts';
import { appendEachWithRetry } from '../../event-store/append-with-retry.ts';
import { LogMismatch, WrongExpectedRevision } from '../../event-store/errors.ts';
import type { Append, AppendEach, AppendResult, Revision } from '../../event-store/port.ts';
import { engineMetadata } from '../actor.ts';
import type { EngineContext } from '../context.ts';
import type { EngineJob } from '../jobs/job-records.ts';
import { readWithRetry } from '../read-with-retry.ts';

/** A decision on the runs of a job. */
export type RunsDecision = {
  readonly job: EngineJob;
  readonly decide: () => readonly RunEvent[];
  /** Called before it is decided again, because another append came first. */
  readonly lookAgain?: (() => Promise<void>) | undefined;
  /** Trace context of what was decided; called once for each event. */
  readonly traceparent?: () => string | undefined;
  /** Called with the events once they are appended; with none if the decision was for none. */
  readonly made: (events: readonly RunEvent[]) => void;
  readonly failed: (error: unknown) => void;
};

/** An append that another one came before. */
type LostAppend = { readonly lost: WrongExpectedRevision; readonly expectedRevision: Revision };

type DecidedAppend = { readonly decision: RunsDecision; readonly events: readonly RunEvent[]; readonly append: Append };

/**
 * Decides on the runs of jobs as the engine knows them, and appends what was decided in one request. A job for which an
 * append is in progress, or whose append lost, is decided by itself, and so are all jobs if the log has no such request.
 * Resolves when each decision was made or has failed. The engine's events get into streams of runs only here.
 */
export const appendRuns = async (deps: EngineContext, decisions: readonly RunsDecision[]): Promise<void> => {
  const alone: Promise<void>[] = [];
  const leave = (decision: RunsDecision, lost?: LostAppend): void => void alone.push(appendAlone(deps, decision, lost));
  const { appendEach } = deps.store;
  const free = new Map<string, DecidedAppend>();
  const busy: RunsDecision[] = [];
  for (const decision of decisions) {
    const stream = runsStream(decision.job.jobId);
    if (appendEach === undefined || free.has(stream) || !deps.lanes.isFree(stream)) busy.push(decision);
    else {
      const decided = decideNow(deps, decision, stream);
      if (decided !== undefined) free.set(stream, decided);
    }
  }
  const appends = [...free.values()];
  const appending =
    appendEach === undefined || appends.length === 0
      ? undefined
      : deps.lanes.forEach([...free.keys()], () => appendTogether({ ...deps, appendEach }, appends, leave));
  for (const decision of busy) leave(decision);
  await appending;
  await Promise.all(alone);
};

/** Decides and appends in the stream's queue. If another append came first, reads the tail and decides again. */
const appendAlone = async (deps: EngineContext, decision: RunsDecision, before?: LostAppend): Promise<void> => {
  const { job, decide, lookAgain, made, failed } = decision;
  let events: readonly RunEvent[];
  const afterLoss = async (lost: LostAppend): Promise<void> => {
    await catchUp(deps, job, lost);
    await lookAgain?.();
  };
  try {
    if (before !== undefined) await afterLoss(before);
    const appended = await appendLoop(deps, {
      stream: runsStream(job.jobId),
      load: () => ({ state: job, revision: job.runsRevision }),
      decide,
      metadataOf: (event) => metadataOf(deps, event, decision),
      afterAppend: (all, { revision }) => takeAppended(deps, all, revision),
      afterLoss: (lost, { expectedRevision }) => afterLoss({ lost, expectedRevision }),
    });
    events = appended.events;
  } catch (error) {
    return isolate(deps, job, () => failed(error));
  }
  isolate(deps, job, () => made(events));
};

/** @returns what is to be appended; undefined if nothing is */
const decideNow = (deps: EngineContext, decision: RunsDecision, stream: string): DecidedAppend | undefined => {
  const { job, decide, made, failed } = decision;
  const expectedRevision = job.runsRevision;
  try {
    const events = decide();
    const appended = events.map((event) => toNewEvent(event, metadataOf(deps, event, decision), deps.world));
    if (events.length > 0) return { decision, events, append: { stream, expectedRevision, events: appended } };
  } catch (error) {
    isolate(deps, job, () => failed(error));
    return undefined;
  }
  isolate(deps, job, () => made([]));
  return undefined;
};

const appendTogether = async (
  deps: EngineContext & { readonly appendEach: AppendEach },
  appends: readonly DecidedAppend[],
  leave: (decision: RunsDecision, lost: LostAppend) => void,
): Promise<void> => {
  let results: readonly (AppendResult | Error)[];
  try {
    const all = appends.map(({ append }) => append);
    results = await appendEachWithRetry(deps.appendEach, all, deps);
  } catch (error) {
    for (const { decision } of appends) isolate(deps, decision.job, () => decision.failed(error));
    return;
  }
  appends.forEach(({ decision, events, append }, index) => {
    const result = results[index];
    isolate(deps, decision.job, () => {
      if (result instanceof WrongExpectedRevision) {
        leave(decision, { lost: result, expectedRevision: append.expectedRevision });
      } else if (result === undefined || result instanceof Error) decision.failed(result);
      else {
        takeAppended(deps, events, result.revision);
        decision.made(events);
      }
    });
  });
};

/** Goes on with the other jobs, whatever happens to one. */
const isolate = ({ world }: EngineContext, { jobId }: EngineJob, run: () => void): void => {
  try {
    run();
  } catch (error) {
    world.log.error({ jobId, error }, 'scheduler: could not handle a job because of an internal error');
  }
};

const metadataOf = ({ engineId }: EngineContext, event: RunEvent, { traceparent }: RunsDecision): EventMetadata =>
  engineMetadata(engineId, correlationOf(event), traceparent?.());

const takeAppended = ({ table }: EngineContext, events: readonly RunEvent[], revision: Revision): void => {
  const last = events.at(-1);
  if (last !== undefined) table.applyRunEvent({ ...last, revision });
};

/** Reads what came before an append that lost. */
const catchUp = async (deps: EngineContext, job: EngineJob, { lost, expectedRevision }: LostAppend): Promise<void> => {
  await readTail(deps, job);
  if (job.runsRevision <= expectedRevision) await doubt(deps, job, lost);
};

/** After so many failures in a row, a stream that ends before its known end proves that the log was set back. */
const SURE_AFTER = 6;

/**
 * Handles an append that lost although the tail is no newer than the known one. Retrying at once would never end.
 * @throws LogMismatch if the log was set back, else the error that the append met
 */
const doubt = async ({ logCheck }: EngineContext, job: EngineJob, lost: WrongExpectedRevision): Promise<never> => {
  if (lost.actual >= lost.expected) throw lost;
  await logCheck.check();
  if (job.failures < SURE_AFTER) throw lost;
  throw new LogMismatch({
    code: 'BEYOND_END',
    message: `this engine has read ${lost.stream} up to revision ${lost.expected}, but it ends at ${lost.actual}: the log was restored to an earlier state, or lost data in a crash. Restore a backup of the read models that is no newer than the log's, or empty them so that they read the log from the beginning. Then restart the engine.`,
  });
};

const correlationOf = (event: RunEvent): string =>
  'executionId' in event.data ? `execution-${event.data.executionId}` : `job-${event.data.jobId}`;

/** Reads a job's runs from the log and takes them into the table. */
export const readTail = async (
  { store, table, world }: EngineContext,
  job: EngineJob,
  signal?: AbortSignal,
): Promise<Runs> => {
  const last = await readWithRetry(world, () => lastRunEvent(store, job.jobId), { signal });
  if (last !== undefined) table.applyRunEvent({ ...last.event, revision: last.revision });
  return job.runs;
};

/**
 * Reads the runs of several jobs in one request, and takes them into the table.
 * @returns the jobs whose newest event this version can't read by itself: `readTail` handles those
 */
export const readTails = async (
  { store, table, world }: EngineContext,
  jobIds: readonly number[],
  signal: AbortSignal,
): Promise<ReadonlySet<number>> => {
  const events = await readWithRetry(world, () => store.readLast(jobIds.map(runsStream)), { signal });
  const unread = new Set<number>();
  for (const [index, jobId] of jobIds.entries()) {
    const last = events[index];
    if (last === undefined || last instanceof Error || !isRunEvent(last)) unread.add(jobId);
    else table.applyRunEvent(last);
  }
  return unread;
};
