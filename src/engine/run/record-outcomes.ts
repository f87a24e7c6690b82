import type { Delay } from '../../domain/execution/lateness.ts';
import { type Outcome, recordOutcome } from '../../domain/execution/outcome.ts';
import { idsOf } from '../../domain/execution/range.ts';
import type { JobSlots } from '../../domain/schedule/index.ts';
import {
  AppendTooLarge,
  EventStoreClosed,
  InvalidAppend,
  LogMismatch,
  StreamParked,
} from '../../event-store/errors.ts';
import { type Backoff, backoffMs } from '../../runtime/retry.ts';
import { awaitWithTimeout } from '../../runtime/timeout.ts';
import type { EngineContext } from '../context.ts';
import type { EngineJob } from '../jobs/job-records.ts';
import { appendRuns, type RunsDecision } from './append-runs.ts';

/** An execution that ended, and how its end is recorded. */
export type EndedExecution = {
  readonly job: EngineJob;
  readonly execution: {
    readonly executionId: number;
    readonly attempt: number;
    readonly engineId: string;
    readonly labels?: Readonly<Record<string, string>> | undefined;
  };
  readonly delay: Delay | undefined;
  /** Whether anything may wait for the record: a caller, another run, or a slot that is due soon. */
  readonly isAwaited: boolean;
  /** Trace context of the execution; undefined where its trace is not recorded. */
  readonly traceparent?: string | undefined;
  /** Returns the job's slots, some of which may have been skipped. Read at each decision, because an edit can change them. */
  readonly slots: () => JobSlots | undefined;
  /** What to record instead of an offer, if another append came before it and a newer definition lacks the execution. */
  readonly supersededSince?: () => Promise<Outcome | undefined>;
};

/** An outcome, and whom it concerns. */
type EndedCall = { readonly ended: EndedExecution; readonly outcome: Outcome };

/** The decision to record an outcome, unless this attempt is no longer open under that engine. */
const decisionOf = (
  { values, closures, world }: EngineContext,
  { ended: { job, execution, delay, slots, supersededSince, traceparent }, outcome: given }: EndedCall,
  { made, failed }: { readonly made: () => void; readonly failed: (error: unknown) => void },
): RunsDecision => {
  let outcome = given;
  return {
    job,
    decide: () =>
      recordOutcome(job.runs, {
        job: { ...idsOf(job), labels: execution.labels },
        execution: { executionId: execution.executionId, attempt: execution.attempt, engineId: execution.engineId },
        outcome,
        delay,
        rules: job.rules,
        defaultHooks: values.of(job.applicationId).hooks,
        status: job.status,
        randomFraction: world.random.fraction(),
        slots: slots(),
        closures: closures.closuresOf(job),
      }),
    // An offer is a call that its append makes. An engine that was cut off may not have heard of the newest definition.
    lookAgain: async () => {
      if (outcome.kind === 'offered') outcome = (await supersededSince?.()) ?? outcome;
    },
    traceparent: () => traceparent,
    made,
    failed,
  };
};

export const recordEnd = (context: EngineContext, ended: EndedExecution, outcome: Outcome): Promise<void> =>
  new Promise((made, failed) => {
    void appendRuns(context, [decisionOf(context, { ended, outcome }, { made, failed })]);
  });

/**
 * Records how this engine's executions ended: those that end within a few milliseconds by one request to the log. Retries
 * until the outcome is recorded or the engine stops waiting for calls. If the outcome does not fit into an event, a failure
 * without the result is recorded instead.
 * @param over called once it is recorded, or with the error for which it is not
 */
export type RecordOutcome = (ended: EndedExecution, outcome: Outcome, over: (error?: unknown) => void) => void;

/** How long outcomes are gathered after the first one, if something may wait for one of them, or if many come. */
const GATHER_MS = 5;
/** How long they are gathered if nothing waits: what comes alone shares an append over time. */
const GATHER_QUIET_MS = 20;
/** Number of outcomes that share an append anyway. */
const MANY = 16;
/** The next outcomes are recorded after this time, even if an earlier append is still in progress. */
const TIMEOUT_MS = 2_000;

/** The calls of this engine. */
export type CallLoad = {
  /** The number of running calls, with those whose outcomes are not recorded yet. */
  running(): number;
  /** The number of claims whose call has not started. */
  waiting(): number;
  /** Whether a claim or a job waits for the place of a call. */
  isPlaceAwaited(): boolean;
};

export const createOutcomeRecorder = (context: EngineContext, load: CallLoad): RecordOutcome => {
  const { timers, clock } = context.world;
  const { signal } = context.calls;
  let waiting: (EndedCall & { readonly over: (error?: unknown) => void })[] = [];
  let isRecording = false;
  /** When the first of them came, and when they are recorded, both monotonic. */
  let firstMs = 0;
  let dueMs = Number.POSITIVE_INFINITY;
  let cancelTimer = (): void => {};

  const recordAll = async (): Promise<void> => {
    cancelTimer();
    dueMs = Number.POSITIVE_INFINITY;
    isRecording = true;
    while (waiting.length > 0) {
      const decisions = waiting.slice(0, context.turnSize).map((call) =>
        decisionOf(context, call, {
          made: () => call.over(),
          failed: (error) => void recordAgain(context, call, error).then(() => call.over(), call.over),
        }),
      );
      waiting = waiting.slice(context.turnSize);
      await awaitWithTimeout(timers, TIMEOUT_MS, appendRuns(context, decisions));
    }
    isRecording = false;
  };

  /** How long after the first outcome they are recorded, now that this one has come. */
  const gatherMs = ({ ended, outcome }: EndedCall): number => {
    // An offer is the call itself, and its append is all that it waits for.
    if (outcome.kind === 'offered' || signal.aborted) return 0;
    const isQuiet = !ended.isAwaited && !load.isPlaceAwaited() && context.state.isClaiming();
    if (isQuiet && waiting.length < MANY) return load.running() + load.waiting() > waiting.length ? GATHER_QUIET_MS : 0;
    // Without another call, there is no other outcome to come.
    return load.running() > waiting.length ? GATHER_MS : 0;
  };

  signal.addEventListener('abort', () => {
    if (waiting.length > 0 && !isRecording) void recordAll();
  });

  return (ended, outcome, over) => {
    const call = { ended, outcome, over };
    const nowMs = clock.monotonic();
    if (waiting.push(call) === 1) firstMs = nowMs;
    if (isRecording) return;
    const nextMs = firstMs + gatherMs(call);
    if (nextMs >= dueMs) return;
    cancelTimer();
    dueMs = nextMs;
    if (nextMs <= nowMs) void recordAll();
    else cancelTimer = timers.after(nextMs - nowMs, () => void recordAll(), 'gather');
  };
};

const RECORD_RETRY: Backoff = { firstMs: 500, longestMs: 10_000 };

/** Records an outcome that could not be recorded with others. @throws the error for which it can't be recorded */
const recordAgain = async (context: EngineContext, { ended, outcome }: EndedCall, failure: unknown): Promise<void> => {
  let recorded = outcome;
  let error = failure;
  for (let retry = 1; ; retry++) {
    const { jobId } = ended.job;
    const fields = { jobId, executionId: ended.execution.executionId, error };
    const isUnfit = error instanceof AppendTooLarge || error instanceof InvalidAppend;
    const isFinal = [EventStoreClosed, LogMismatch, StreamParked].some((each) => error instanceof each);
    if ((isUnfit && recorded !== outcome) || isFinal || context.calls.signal.aborted) throw error;
    if (isUnfit) {
      context.world.log.error(
        fields,
        'scheduler: the outcome of a job execution is too large for an event: recorded without its result',
      );
      recorded = notRecorded(outcome);
    } else {
      context.world.log.warn(fields, 'scheduler: could not record the outcome of a job execution; retrying');
      await context.world.timers.sleep(backoffMs(retry, RECORD_RETRY), context.calls.signal);
    }
    try {
      return await recordEnd(context, ended, recorded);
    } catch (next) {
      error = next;
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
