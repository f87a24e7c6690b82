import { appendLoop, type EventLog } from '../../commands/loop/handle-command.ts';
import { lastRunEvent } from '../../commands/loop/load.ts';
import type { Hooks, OpenExecution, RunEvent } from '../../domain/events/index.ts';
import type { Delay } from '../../domain/execution/lateness.ts';
import { type Outcome, recordOutcome } from '../../domain/execution/outcome.ts';
import type { Runs } from '../../domain/execution/tail.ts';
import type { JobSlots } from '../../domain/schedule/index.ts';
import { runsStream } from '../../domain/streams.ts';
import {
  AppendTooLarge,
  EventStoreClosed,
  InvalidAppend,
  LogMismatch,
  StreamParked,
  type WrongExpectedRevision,
} from '../../event-store/errors.ts';
import { type Backoff, backoffMs } from '../../runtime/retry.ts';
import { engineMetadata } from '../actor.ts';
import type { ClosureTable } from '../jobs/closures.ts';
import type { EngineJob } from '../jobs/engine-job.ts';
import type { JobTable } from '../jobs/job-table.ts';
import { readWithRetry } from '../read-with-retry.ts';

export type RunsDeps = EventLog & {
  readonly engineId: string;
  readonly table: JobTable;
  readonly closures: ClosureTable;
  /** The hooks of an application. */
  readonly hooksOf: (applicationId: number) => Hooks;
  /** @throws LogMismatch if the log is not the one that this engine has read */
  readonly checkLog: () => Promise<void>;
};

type RunsAppend = {
  readonly decide: () => readonly RunEvent[];
  /** Trace context of what was decided; asked once for each event. */
  readonly traceparent?: () => string | undefined;
};

/**
 * Decides on the runs known to the engine and appends at their revision. If another append came first, reads the tail
 * and decides again. The engine's events get into a stream of runs only by this function.
 * @returns the events appended, none if the decision was for none
 */
export const appendRuns = async (
  deps: RunsDeps,
  job: EngineJob,
  { decide, traceparent }: RunsAppend,
): Promise<readonly RunEvent[]> => {
  const { events } = await appendLoop(deps, {
    stream: runsStream(job.jobId),
    load: () => ({ state: job, revision: job.runsRevision }),
    decide,
    metadataOf: (event) =>
      engineMetadata(deps.engineId, { correlationId: correlationOf(event), traceparent: traceparent?.() }),
    afterAppend: (appended, { revision }) => {
      const last = appended.at(-1);
      if (last !== undefined) deps.table.applyRunEvent({ ...last, revision });
    },
    afterLoss: async (lost, append) => {
      await readTail(deps, job);
      if (job.runsRevision <= append.expectedRevision) await doubt(deps, job, lost);
    },
  });
  return events;
};

/** After so many failures in a row, a stream that ends before its known end proves that the log was set back. */
const SURE_AFTER = 6;

/**
 * Handles an append that lost although the tail is no newer than the known one. Retrying at once would never end.
 * @throws LogMismatch if the log was set back, else the error that the append met
 */
const doubt = async ({ checkLog }: RunsDeps, job: EngineJob, lost: WrongExpectedRevision): Promise<never> => {
  if (lost.actual >= lost.expected) throw lost;
  await checkLog();
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
  { store, table, world }: Pick<RunsDeps, 'store' | 'table' | 'world'>,
  job: EngineJob,
  signal?: AbortSignal,
): Promise<Runs> => {
  const last = await readWithRetry(world, () => lastRunEvent(store, job.jobId), { signal });
  if (last !== undefined) table.applyRunEvent({ ...last.event, revision: last.revision });
  return job.runs;
};

/** An execution that ended, and how its end is recorded. */
type EndedExecution = {
  readonly job: EngineJob;
  readonly execution: Pick<OpenExecution, 'executionId' | 'attempt'> & {
    readonly engineId: string;
    readonly labels?: Readonly<Record<string, string>> | undefined;
  };
  readonly delay: Delay | undefined;
  /** Trace context of the execution; undefined where its trace is not recorded. */
  readonly traceparent?: string | undefined;
  /** Gives the slots of which some were skipped meanwhile; asked at each decision, since an edit may change them. */
  readonly slots: () => JobSlots | undefined;
};

/** Appends an outcome unless this attempt is no longer open under that engine. */
export const recordEnd = async (
  deps: RunsDeps,
  { job, execution, delay, traceparent, slots }: EndedExecution,
  outcome: Outcome,
): Promise<void> => {
  const decide = (): readonly RunEvent[] =>
    recordOutcome(job.runs, {
      job: { tenant: job.tenant, applicationId: job.applicationId, jobId: job.jobId },
      execution: { executionId: execution.executionId, attempt: execution.attempt, engineId: execution.engineId },
      labels: execution.labels,
      outcome,
      delay,
      rules: job.rules,
      defaultHooks: deps.hooksOf(job.applicationId),
      status: job.status,
      randomFraction: deps.world.random.fraction(),
      slots: slots(),
      closures: deps.closures.closuresOf(job),
    });
  await appendRuns(deps, job, { decide, traceparent: () => traceparent });
};

type RecordDeps = RunsDeps & { readonly calls: { readonly signal: AbortSignal } };

const RECORD_RETRY: Backoff = { firstMs: 500, longestMs: 10_000 };

/**
 * Records an outcome, with retries until it is recorded or the signal aborts. If the outcome does not fit into an
 * event, a failure without the result is recorded instead.
 */
export const recordWithRetry = async (deps: RecordDeps, ended: EndedExecution, outcome: Outcome): Promise<void> => {
  let recorded = outcome;
  for (let retry = 1; ; retry++) {
    try {
      return await recordEnd(deps, ended, recorded);
    } catch (error) {
      const { jobId } = ended.job;
      const fields = { jobId, executionId: ended.execution.executionId, error };
      const isUnfit = error instanceof AppendTooLarge || error instanceof InvalidAppend;
      const isFinal = [EventStoreClosed, LogMismatch, StreamParked].some((each) => error instanceof each);
      if ((isUnfit && recorded !== outcome) || isFinal || deps.calls.signal.aborted) throw error;
      if (isUnfit) {
        deps.world.log.error(
          fields,
          'scheduler: the outcome of a job execution is too large for an event: recorded without its result',
        );
        recorded = notRecorded(outcome);
        continue;
      }
      deps.world.log.warn(fields, 'scheduler: could not record the outcome of a job execution; retrying');
      await deps.world.timers.sleep(backoffMs(retry, RECORD_RETRY), deps.calls.signal);
    }
  }
};

const notRecorded = ({ startedAtMs, finishedAtMs, kind }: Outcome): Outcome => ({
  kind: 'failed',
  ...(startedAtMs === undefined ? {} : { startedAtMs }),
  finishedAtMs,
  error: {
    code: 'OUTCOME_NOT_RECORDED',
    message: `the call ${kind}, but the log could not store its outcome. Check it at the target.`,
  },
});
