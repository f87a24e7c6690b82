import { durationMs } from '../duration.ts';
import { type AlertCondition, CLOSURE_REASONS, type NotCalledReason } from '../events/index.ts';
import { isCompleted } from '../job/job-state.ts';
import { toInstant } from '../values.ts';
import type { JobFacts } from './job-facts.ts';
import { toText } from './words.ts';

export type AlertVerdict =
  | {
      readonly holds: true;
      readonly sinceMs: number;
      /** What is wrong, in plain language. */
      readonly summary: string;
      readonly executionId?: number;
    }
  | {
      readonly holds: false;
      /** Why the condition no longer holds, in plain language. */
      readonly reason: string;
      /** When the condition begins to hold unless an event of the job changes that, epoch ms. */
      readonly beginsAtMs?: number;
    };

type Moment = {
  readonly nowMs: number;
  /** Whether the job's calendars exclude every slot to come. No event of the job states that. */
  readonly isExcluded: boolean;
};

/** Evaluates a condition against the facts of a job; pure. */
export const judge = (condition: AlertCondition, facts: JobFacts, { nowMs, isExcluded }: Moment): AlertVerdict => {
  if (facts.status === 'deleted') return holdsNot('the job was deleted');
  const isDisabled = facts.status === 'disabled';
  if (isDisabled && facts.disabledBecause === undefined) return holdsNot('the job was disabled');
  switch (condition.kind) {
    case 'failures':
      return judgeFailures(condition.count, facts);
    case 'running':
      return judgeRunning(durationMs(condition.over), facts, nowMs);
    case 'disabled':
      return judgeDisabled(facts);
    case 'notTaken':
      return judgeNotTaken(durationMs(condition.over), facts, nowMs);
    case 'missed':
    case 'skipped':
      return isDisabled ? holdsNot('the job was disabled') : judgeUncalled(condition, facts);
    case 'late':
      return isDisabled ? holdsNot('the job was disabled') : judgeLate(durationMs(condition.over), facts, nowMs);
    case 'noSuccess':
      return isDisabled ? holdsNot('the job was disabled') : judgeNoSuccess(durationMs(condition.over), facts, nowMs);
    case 'notRun':
      return isDisabled ? holdsNot('the job was disabled') : judgeNotRun(durationMs(condition.over), facts, nowMs);
    case 'noSlots':
      return isDisabled ? holdsNot('the job was disabled') : judgeNoSlots(facts, { nowMs, isExcluded });
  }
};

const holdsNot = (reason: string): AlertVerdict => ({ holds: false, reason });

const judgeFailures = (count: number, { failures, lastSuccess }: JobFacts): AlertVerdict => {
  if (failures === undefined || failures.count < count) return holdsNot(succeeded(lastSuccess));
  const { executionId, sinceMs, code, message } = failures;
  const times = failures.count === 1 ? 'An execution failed' : `${failures.count} executions failed in a row`;
  return { holds: true, sinceMs, summary: `${times}. Last error: ${code}: ${message}`, executionId };
};

const succeeded = (lastSuccess: JobFacts['lastSuccess']): string =>
  lastSuccess === undefined ? 'no execution failed since' : `execution ${lastSuccess.executionId} succeeded`;

const judgeDisabled = ({ disabledBecause, statusSinceMs }: JobFacts): AlertVerdict => {
  if (disabledBecause === undefined) return holdsNot('the job was enabled again');
  return { holds: true, sinceMs: statusSinceMs, summary: `disableAfter disabled the job: ${disabledBecause}` };
};

/** Reasons for skipping that are intended, or of slots that are no longer needed. */
const WANTED: ReadonlySet<string> = new Set<NotCalledReason>([
  ...CLOSURE_REASONS,
  ...(['MAX_RUNS', 'EDITED', 'DISABLED', 'DELETED', 'CANCELLED'] as const),
]);

type UncalledCondition = Extract<AlertCondition, { kind: 'missed' | 'skipped' }>;

const judgeUncalled = ({ kind, reason }: UncalledCondition, { notCalled, lastCall }: JobFacts): AlertVerdict => {
  const slots = notCalled.filter((each) => {
    if (each.outcome !== kind) return false;
    return reason === undefined ? kind === 'missed' || !WANTED.has(each.reason) : each.reason === reason;
  });
  const newest = slots.at(-1);
  if (newest === undefined) {
    return holdsNot(
      lastCall === undefined ? `no slot is ${kind}` : `the slot of ${toInstant(lastCall.slotMs)} was called`,
    );
  }
  const count = slots.reduce((sum, each) => sum + each.count, 0);
  const said = count === 1 ? 'A slot was' : `${count} slots were`;
  const lastSlotMs = Math.max(...slots.map((each) => each.lastSlotMs));
  const summary = `${said} ${kind}. The last was due at ${toInstant(lastSlotMs)} (${newest.reason})`;
  return { holds: true, sinceMs: Math.min(...slots.map(({ sinceMs }) => sinceMs)), summary };
};

const judgeLate = (overMs: number, { lastCall, waiting, jitterMs }: JobFacts, nowMs: number): AlertVerdict => {
  const [oldest] = waiting;
  if (oldest !== undefined) {
    const { executionId, slotMs } = oldest;
    const beginsAtMs = slotMs + jitterMs + overMs;
    if (nowMs > beginsAtMs) {
      const summary = `The slot of ${toInstant(slotMs)} has waited to be called for more than ${toText(overMs)}`;
      return { holds: true, sinceMs: beginsAtMs, summary, executionId };
    }
  }
  if (lastCall !== undefined && lastCall.lateMs > overMs) {
    const { executionId, slotMs, atMs, lateMs } = lastCall;
    const summary = `The slot of ${toInstant(slotMs)} was called ${toText(lateMs)} late. The limit is ${toText(overMs)}`;
    return { holds: true, sinceMs: atMs, summary, executionId };
  }
  const reason =
    lastCall === undefined ? 'no slot waits' : `the slot of ${toInstant(lastCall.slotMs)} was called on time`;
  return {
    holds: false,
    reason,
    ...(oldest === undefined ? {} : { beginsAtMs: oldest.slotMs + jitterMs + overMs + 1 }),
  };
};

const judgeNoSuccess = (overMs: number, facts: JobFacts, nowMs: number): AlertVerdict => {
  const { lastSuccess } = facts;
  const last = lastSuccess === undefined ? 'none ever has' : `the last was at ${toInstant(lastSuccess.atMs)}`;
  return judgeSilence(facts, {
    ...{ overMs, nowMs, lastMs: lastSuccess?.atMs, reason: succeeded(lastSuccess) },
    summary: `No execution has succeeded for more than ${toText(overMs)}: ${last}`,
  });
};

const judgeNotRun = (overMs: number, facts: JobFacts, nowMs: number): AlertVerdict => {
  const { lastRun, running } = facts;
  const [oldest] = running;
  if (oldest !== undefined) return holdsNot(`execution ${oldest.executionId} is running`);
  const last =
    lastRun === undefined
      ? 'and never before'
      : `last execution ${lastRun.executionId} ended at ${toInstant(lastRun.atMs)}`;
  return judgeSilence(facts, {
    ...{ overMs, nowMs, lastMs: lastRun?.atMs },
    reason: lastRun === undefined ? 'the job was enabled' : `execution ${lastRun.executionId} ran`,
    summary: `The job has not run for more than ${toText(overMs)}, ${last}`,
  });
};

type Silence = {
  readonly overMs: number;
  readonly nowMs: number;
  /** When the awaited event last happened. */
  readonly lastMs: number | undefined;
  /** Why the silence has ended, or what is wrong if it has not, in plain language. */
  readonly reason: string;
  readonly summary: string;
};

/** Evaluates whether an expected event is overdue. */
const judgeSilence = (
  { dueSinceMs, ending, runs }: JobFacts,
  { overMs, nowMs, lastMs = 0, reason, summary }: Silence,
): AlertVerdict => {
  if (dueSinceMs === undefined) return holdsNot('the job has no schedule');
  if (hasEnded({ ending, runs }, nowMs)) return holdsNot('the schedule has ended');
  // A job that was disabled or manual was not due before.
  const sinceMs = Math.max(lastMs, dueSinceMs);
  return nowMs <= sinceMs + overMs
    ? { holds: false, reason, beginsAtMs: sinceMs + overMs + 1 }
    : { holds: true, sinceMs, summary };
};

const hasEnded = ({ ending, runs }: Pick<JobFacts, 'ending' | 'runs'>, nowMs: number): boolean =>
  ending !== undefined && isCompleted(ending, { nowMs, runs });

const judgeNoSlots = (facts: JobFacts, { nowMs, isExcluded }: Moment): AlertVerdict => {
  if (hasEnded(facts, nowMs)) return holdsNot('the schedule has ended');
  return isExcluded
    ? { holds: true, sinceMs: nowMs, summary: "The job's calendars exclude every slot to come" }
    : holdsNot('the job has slots to come');
};

const judgeRunning = (overMs: number, { running }: JobFacts, nowMs: number): AlertVerdict => {
  const [oldest] = running;
  if (oldest === undefined) return holdsNot('no call is running');
  const { executionId, sinceMs } = oldest;
  if (nowMs <= sinceMs + overMs) {
    return { holds: false, reason: 'the long call has ended', beginsAtMs: sinceMs + overMs + 1 };
  }
  return {
    holds: true,
    sinceMs: sinceMs + overMs,
    summary: `Execution ${executionId} has been running since ${toInstant(sinceMs)}, longer than ${toText(overMs)}`,
    executionId,
  };
};

const judgeNotTaken = (overMs: number, { offered }: JobFacts, nowMs: number): AlertVerdict => {
  const [oldest] = offered;
  if (oldest === undefined) return holdsNot('no work waits for a worker');
  const { executionId, sinceMs, queue } = oldest;
  const beginsAtMs = sinceMs + overMs + 1;
  if (nowMs < beginsAtMs) return { holds: false, reason: 'the work was taken or withdrawn', beginsAtMs };
  const ofQueue = queue === undefined ? '' : ` of ${queue}`;
  const summary = `No worker${ofQueue} has taken execution ${executionId}, which was offered at ${toInstant(sinceMs)}`;
  return { holds: true, sinceMs, summary, executionId };
};
