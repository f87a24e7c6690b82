import { durationMs } from '../duration.ts';
import type { AlertCondition } from '../events/index.ts';
import { isCompleted } from '../job/next-run.ts';
import { toInstant } from '../values.ts';
import type { JobFacts } from './job-facts.ts';
import { inWords } from './words.ts';

/** Whether a condition holds for a job. */
export type AlertVerdict =
  | {
      readonly holds: true;
      readonly sinceMs: number;
      /** What is wrong, in words. */
      readonly what: string;
      readonly executionId?: number;
    }
  | {
      readonly holds: false;
      /** Why it does not hold any more, in words. */
      readonly why: string;
      /** When it begins to hold unless an event of the job changes that before, epoch ms. */
      readonly beginsAtMs?: number;
    };

/** Judges a condition by what is known of a job; pure. */
export const judge = (condition: AlertCondition, facts: JobFacts, nowMs: number): AlertVerdict => {
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
    case 'missed':
      return isDisabled ? holdsNot('the job was disabled') : judgeMissed(facts);
    case 'late':
      return isDisabled ? holdsNot('the job was disabled') : judgeLate(durationMs(condition.over), facts, nowMs);
    case 'noSuccess':
      return isDisabled ? holdsNot('the job was disabled') : judgeNoSuccess(durationMs(condition.over), facts, nowMs);
  }
};

const holdsNot = (why: string): AlertVerdict => ({ holds: false, why });

const judgeFailures = (count: number, { failures, lastSuccess }: JobFacts): AlertVerdict => {
  if (failures === undefined || failures.count < count) return holdsNot(succeeded(lastSuccess));
  const { executionId, sinceMs, code, message } = failures;
  const times = failures.count === 1 ? 'An execution failed' : `${failures.count} executions failed in a row`;
  return { holds: true, sinceMs, what: `${times}, at last with ${code}: ${message}`, executionId };
};

const succeeded = (lastSuccess: JobFacts['lastSuccess']): string =>
  lastSuccess === undefined ? 'no execution has failed since' : `execution ${lastSuccess.executionId} succeeded`;

const judgeDisabled = ({ disabledBecause, statusSinceMs }: JobFacts): AlertVerdict => {
  if (disabledBecause === undefined) return holdsNot('the job was enabled again');
  return { holds: true, sinceMs: statusSinceMs, what: `The job was disabled by disableAfter: ${disabledBecause}` };
};

const judgeMissed = ({ missed, lastCall }: JobFacts): AlertVerdict => {
  if (missed === undefined) {
    return holdsNot(
      lastCall === undefined ? 'no slot is missed' : `the slot of ${toInstant(lastCall.slotMs)} was called`,
    );
  }
  const slots = missed.count === 1 ? 'A slot was' : `${missed.count} slots were`;
  const what = `${slots} missed, the last one due at ${toInstant(missed.lastSlotMs)} (${missed.reason})`;
  return { holds: true, sinceMs: missed.sinceMs, what };
};

const judgeLate = (overMs: number, { lastCall, waiting, jitterMs }: JobFacts, nowMs: number): AlertVerdict => {
  const [oldest] = waiting;
  if (oldest !== undefined) {
    const { executionId, slotMs } = oldest;
    const beginsAtMs = slotMs + jitterMs + overMs;
    if (nowMs > beginsAtMs) {
      const what = `The slot of ${toInstant(slotMs)} still waits to be called, later than ${inWords(overMs)}`;
      return { holds: true, sinceMs: beginsAtMs, what, executionId };
    }
  }
  if (lastCall !== undefined && lastCall.lateMs > overMs) {
    const { executionId, slotMs, atMs, lateMs } = lastCall;
    const what = `The slot of ${toInstant(slotMs)} was called ${inWords(lateMs)} late, more than ${inWords(overMs)}`;
    return { holds: true, sinceMs: atMs, what, executionId };
  }
  const why = lastCall === undefined ? 'no slot waits' : `the slot of ${toInstant(lastCall.slotMs)} was called in time`;
  return { holds: false, why, ...(oldest === undefined ? {} : { beginsAtMs: oldest.slotMs + jitterMs + overMs + 1 }) };
};

const judgeNoSuccess = (overMs: number, facts: JobFacts, nowMs: number): AlertVerdict => {
  const { lastSuccess, statusSinceMs, ending, runs } = facts;
  if (ending !== undefined && isCompleted(ending, { nowMs, runs })) return holdsNot('the schedule has come to its end');
  // A job that was disabled for a while had no chance to succeed before it was enabled.
  const sinceMs = Math.max(lastSuccess?.atMs ?? 0, statusSinceMs);
  if (nowMs <= sinceMs + overMs) return { holds: false, why: succeeded(lastSuccess), beginsAtMs: sinceMs + overMs + 1 };
  const last = lastSuccess === undefined ? 'none has yet' : `the last one at ${toInstant(lastSuccess.atMs)}`;
  return { holds: true, sinceMs, what: `No execution has succeeded for more than ${inWords(overMs)}: ${last}` };
};

const judgeRunning = (overMs: number, { running }: JobFacts, nowMs: number): AlertVerdict => {
  const [oldest] = running;
  if (oldest === undefined) return holdsNot('no call is under way any more');
  const { executionId, sinceMs } = oldest;
  if (nowMs <= sinceMs + overMs) {
    return { holds: false, why: 'the call that took too long has ended', beginsAtMs: sinceMs + overMs + 1 };
  }
  return {
    holds: true,
    sinceMs: sinceMs + overMs,
    what: `Execution ${executionId} has been running since ${toInstant(sinceMs)}, longer than ${inWords(overMs)}`,
    executionId,
  };
};
