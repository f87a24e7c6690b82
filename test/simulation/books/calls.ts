import type { EventOf } from '../../../src/domain/events/index.ts';
import { comparePositions, type RecordedEvent } from '../../../src/event-store/port.ts';
import type { Run } from '../simulate.ts';
import type { Called } from '../targets.ts';
import { attemptOf } from './attempt-of.ts';

/** Clocks are told apart by heartbeats, whose answers may be late by some of this; measured by the common clock. */
const EARLY_MS = 600;

/** An engine without a lease may call for so long after it asked the log whether its claim is still open. */
const SEEN_OPEN_MS = 1_000;

type Claimed = RecordedEvent<EventOf<'ExecutionStarted'>>;

/** No slot is called twice; each call has its execution, claimed before it and still open; none is early. */
export const checkCalls = ({ epochMs, events, calls }: Run): string[] => {
  const wrong: string[] = [];
  const claims = new Map<string, Claimed>();
  const ends = new Map<number, RecordedEvent>();
  for (const event of events) {
    if (event.type === 'ExecutionStarted') claims.set(attemptOf(event.data), event);
    if (
      event.type === 'ExecutionSucceeded' ||
      event.type === 'ExecutionFailed' ||
      event.type === 'ExecutionCancelled'
    ) {
      ends.set(event.data.executionId, event);
    }
  }
  /** The execution of each slot. */
  const slots = new Map<string, number>();
  const attempts = new Set<string>();
  for (const call of calls) {
    const { jobId, executionId, scheduledAt, attempt, trigger } = call;
    const say = (what: string) => wrong.push(`the call of execution ${executionId} of job ${jobId} ${what}`);
    const slot = `${jobId} ${scheduledAt}`;
    const isSecond = (slots.get(slot) ?? executionId) !== executionId;
    if (trigger === 'schedule' && isSecond) say(`is the second for the slot ${scheduledAt}`);
    if (trigger === 'schedule') slots.set(slot, executionId);
    const name = attemptOf(call);
    if (attempts.has(name)) say(`is made a second time, as attempt ${attempt}`);
    attempts.add(name);
    const claim = claims.get(name);
    if (claim === undefined) say('has no claim in the log');
    else checkAgainst(claim, call, say);
    const end = ends.get(executionId);
    if (end !== undefined && call.atMs > end.recordedAt - epochMs + SEEN_OPEN_MS) {
      say('was made after the execution had ended');
    }
  }
  return wrong;
};

const checkAgainst = (claim: Claimed, call: Called, say: (what: string) => void): void => {
  if (call.logEnd === undefined || comparePositions(claim.position, call.logEnd) > 0) say('was made before its claim');
  if (claim.data.jobId !== call.jobId) say(`is of another job than its claim, ${claim.data.jobId}`);
  if (claim.data.scheduledAt !== call.scheduledAt) say(`is for another slot than its claim, ${claim.data.scheduledAt}`);
  const { dueAt = call.scheduledAt } = claim.data;
  if (call.trigger === 'schedule' && call.commonMs < Date.parse(dueAt) - EARLY_MS) {
    say(`was made before its slot ${call.scheduledAt} was due`);
  }
};
