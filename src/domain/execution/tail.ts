import type { Expiry, OpenExecution, RunEvent, RunTail, WaitingBackfill } from '../events/index.ts';
import type { RunRules } from '../job/rules.ts';
import { toInstant, toMs } from '../values.ts';

/** The state of a job's runs for decisions: a `RunTail` with instants in milliseconds. */
export type Runs = {
  readonly jobRevision: number;
  /** Every slot up to here, inclusive, is settled; epoch ms. */
  readonly cursorMs: number;
  readonly runs: number;
  readonly open: readonly OpenExecution[];
  /** Late slots that will still be called, although the cursor is past them. */
  readonly catchUp: readonly Span[];
  /** Failed executions in a row; 0 for a job without `disableAfter`. */
  readonly failuresInRow: number;
  /** Backfills with uncalled slots, oldest first. */
  readonly backfills: readonly WaitingBackfill[];
  /** `undefined` if no execution has expired. */
  readonly expired: Expiry | undefined;
};

/** The slots after `afterMs` up to `untilMs`, epoch ms. */
export type Span = { readonly afterMs: number; readonly untilMs: number };

const NONE_OPEN: readonly OpenExecution[] = Object.freeze([]);
const NOTHING_TO_CATCH_UP: readonly Span[] = Object.freeze([]);
const NO_BACKFILLS: readonly WaitingBackfill[] = Object.freeze([]);

export const initialRuns: Runs = {
  jobRevision: -1,
  cursorMs: 0,
  runs: 0,
  open: NONE_OPEN,
  catchUp: NOTHING_TO_CATCH_UP,
  failuresInRow: 0,
  backfills: NO_BACKFILLS,
  expired: undefined,
};

/** Returns whether nothing is open or kept, only slots after the cursor remain, and no failure is counted. */
export const isIdle = ({ open, catchUp, backfills, failuresInRow }: Runs): boolean =>
  open.length === 0 && catchUp.length === 0 && backfills.length === 0 && failuresInRow === 0;

export const idleRuns = ({
  jobRevision,
  cursorMs,
  runs,
  expired,
}: Pick<Runs, 'jobRevision' | 'cursorMs' | 'runs' | 'expired'>): Runs => ({
  jobRevision,
  cursorMs,
  runs,
  open: NONE_OPEN,
  catchUp: NOTHING_TO_CATCH_UP,
  failuresInRow: 0,
  backfills: NO_BACKFILLS,
  expired,
});

export const runsOfTail = (tail: RunTail): Runs => ({
  jobRevision: tail.jobRevision,
  cursorMs: toMs(tail.cursor),
  runs: tail.runs,
  open: tail.open.length === 0 ? NONE_OPEN : tail.open,
  catchUp:
    tail.catchUp === undefined
      ? NOTHING_TO_CATCH_UP
      : tail.catchUp.map(({ after, until }) => ({ afterMs: toMs(after), untilMs: toMs(until) })),
  failuresInRow: tail.failuresInRow ?? 0,
  backfills: tail.backfills ?? NO_BACKFILLS,
  expired: tail.expired,
});

export const tailOf = (runs: Runs): RunTail => ({
  jobRevision: runs.jobRevision,
  cursor: toInstant(runs.cursorMs),
  runs: runs.runs,
  open: [...runs.open],
  ...(runs.catchUp.length === 0
    ? {}
    : {
        catchUp: runs.catchUp.map(({ afterMs, untilMs }) => ({ after: toInstant(afterMs), until: toInstant(untilMs) })),
      }),
  ...(runs.failuresInRow === 0 ? {} : { failuresInRow: runs.failuresInRow }),
  ...(runs.backfills.length === 0 ? {} : { backfills: [...runs.backfills] }),
  ...(runs.expired === undefined ? {} : { expired: runs.expired }),
});

/** The runs after an event: each run event carries the whole state. */
export const evolveRuns = (_runs: Runs, event: RunEvent): Runs => runsOfTail(event.data.tail);

export const closed = (runs: Runs, executionId: number): Runs => ({
  ...runs,
  open: runs.open.filter((execution) => execution.executionId !== executionId),
});

/** The runs with this state of an open execution. */
export const withExecution = (runs: Runs, execution: OpenExecution): Runs => ({
  ...runs,
  open: runs.open.map((each) => (each.executionId === execution.executionId ? execution : each)),
});

/**
 * Maximum executions that one decision withdraws or replaces. Each event carries all that are still open, up to 100, so the
 * events of many would exceed the size of an append.
 */
export const MAX_WITHDRAWN = 10;

/** The runs without an execution that waits for a call or a worker. A slot that was never begun is not counted as a run. */
export const withdrawn = (runs: Runs, { executionId, state, attempt, trigger, uncounted }: OpenExecution): Runs => {
  const wasCounted = state === 'offered' && attempt === 1 && trigger === 'schedule' && uncounted !== true;
  return closed(wasCounted ? { ...runs, runs: runs.runs - 1 } : runs, executionId);
};

/** Finds the open execution of an attempt, if this incarnation of an engine runs it. */
export const openUnder = (
  runs: Runs,
  attempt: { executionId: number; attempt: number; engineId: string },
): OpenExecution | undefined =>
  runs.open.find(
    (execution) =>
      execution.executionId === attempt.executionId &&
      execution.attempt === attempt.attempt &&
      execution.engineId === attempt.engineId,
  );

/**
 * Updates the count of failures in a row after an execution ended; only jobs with `disableAfter` have one. A cancelled
 * execution does not change it.
 */
export const countFailure = (runs: Runs, end: 'succeeded' | 'failed' | 'cancelled', rules: RunRules): Runs => {
  if (end === 'cancelled') return runs;
  const failuresInRow = end === 'failed' && rules.disableAfter !== undefined ? runs.failuresInRow + 1 : 0;
  return failuresInRow === runs.failuresInRow ? runs : { ...runs, failuresInRow };
};
