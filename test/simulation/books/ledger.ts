import { closureAt } from '../../../src/domain/closure/closure.ts';
import { type ClosureBook, closableBy, createClosureBook } from '../../../src/domain/closure/closure-book.ts';
import { type EventOf, isCalendarEvent, isPauseEvent, type RunEvent } from '../../../src/domain/events/index.ts';
import { slots } from '../../../src/domain/schedule/index.ts';
import type { RecordedEvent } from '../../../src/event-store/port.ts';
import type { Plan } from '../plan.ts';
import type { Run } from '../simulate.ts';
import { mostTurnsMs } from './heard.ts';
import { type JobHistory, jobHistories, type Version } from './job-history.ts';
import { pausedInVain } from './paused-in-vain.ts';

/** Slots of the last moments may still be waiting for their turn. */
const GRACE_MS = 5_000;
/** Those that come due while one of the job waits for its limit are recorded once a minute. */
const LIMITED_GRACE_MS = 65_000;
const COUNTED_AT_MOST = 10_000;

/**
 * Walks each job's stream of runs: whatever was due by the definition in force is fired, skipped or missed, exactly
 * once, and nothing else is. Reckons by itself; of the product it takes only which instants a schedule has,
 * and which of them are closed.
 */
export const checkLedger = ({ events, endedAtMs, plan }: LedgerInput): string[] => {
  const jobs = jobHistories(events);
  const book = closureBookOf(events);
  const turnsMs = plan === undefined ? 0 : mostTurnsMs(plan, jobs.length);
  const isPaused = pausedInVain(events);
  return jobs.flatMap((job) => walk(job, { endedAtMs, turnsMs, book, isPaused }));
};

type LedgerInput = Pick<Run, 'events' | 'endedAtMs'> & { readonly plan?: Plan };

type Walked = RecordedEvent<RunEvent>;
type Range = EventOf<'OccurrencesMissed' | 'OccurrencesSkipped'>;

type Ending = {
  readonly endedAtMs: number;
  /** How long each job may wait until all others have had their turn. */
  readonly turnsMs: number;
  readonly book: ClosureBook;
  /** What came due right before such a pause is recorded within an hour. */
  readonly isPaused: (jobId: number) => boolean;
};

const walk = ({ jobId, versions, runs }: JobHistory, { endedAtMs, turnsMs, book, isPaused }: Ending): string[] => {
  const wrong: string[] = [];
  let activeDefinition: Version | undefined;
  /** All up to here is settled, but for the slots of `late`. */
  let cursorMs = 0;
  /** Slots that the cursor passed and that are still to be called. */
  const late = new Set<number>();
  /** Executions of slots that wait: their slots are settled. */
  const waiting = new Set<number>();
  /** Whether the job has made all its runs: no slot after the cursor is due. */
  let isOver = false;

  const say = ({ type, stream, revision }: Walked, what: string): void => {
    wrong.push(`${type} at ${stream}/${revision} ${what}`);
  };

  /** Moves the cursor past slots that are kept for later, or past the one that the event claims. */
  const passOver = (event: Walked, untilMs: number, claimedMs?: number): void => {
    const kept = (event.data.tail.catchUp ?? []).map(({ after, until }) => [Date.parse(after), Date.parse(until)]);
    const isKept = (slotMs: number) => kept.some(([afterMs = 0, lastMs = 0]) => afterMs < slotMs && slotMs <= lastMs);
    for (const slotMs of activeDefinition?.slots === undefined || isOver
      ? []
      : slots(activeDefinition.slots, cursorMs)) {
      if (slotMs > untilMs) break;
      if (isKept(slotMs)) late.add(slotMs);
      else if (slotMs !== claimedMs) say(event, `passes over ${at(slotMs)}`);
    }
    cursorMs = untilMs;
  };

  const takeDefinition = (event: RecordedEvent<EventOf<'DefinitionActivated'>>): void => {
    const { jobRevision, from } = event.data;
    const next = versions.get(jobRevision);
    if (next === undefined) say(event, `takes revision ${jobRevision}, which is no definition`);
    else if (next.revision <= revisionOf(activeDefinition)) say(event, 'goes back to an older definition');
    if (activeDefinition === undefined || next === undefined || !sameSlots(activeDefinition, next))
      passOver(event, Date.parse(from));
    activeDefinition = next;
  };

  const settleRange = (event: RecordedEvent<Range>): void => {
    const { first, last, count } = event.data;
    const [afterMs, untilMs] = [Date.parse(event.data.after), Date.parse(event.data.until)];
    const isLate = untilMs <= cursorMs;
    if (!isLate) passOver(event, afterMs);
    if (!isLate && afterMs !== cursorMs) say(event, `begins at ${at(afterMs)}, not at the cursor ${at(cursorMs)}`);
    const due = activeDefinition?.slots?.count(afterMs, untilMs, COUNTED_AT_MOST);
    if (due === undefined) say(event, `settles ${at(afterMs)} to ${at(untilMs)}, where nothing was due`);
    else if (due.first !== Date.parse(first) || due.last !== Date.parse(last) || due.count !== count) {
      say(event, `counts ${count} slots where ${due.count} were due from ${at(afterMs)} to ${at(untilMs)}`);
    }
    if (isLate) {
      for (
        let slotMs = due?.first;
        slotMs !== undefined && slotMs <= untilMs;
        slotMs = activeDefinition?.slots?.next(slotMs)
      ) {
        if (!late.delete(slotMs)) say(event, `settles ${at(slotMs)}, which was settled already`);
      }
    } else cursorMs = untilMs;
  };

  const claim = (event: RecordedEvent<EventOf<'ExecutionStarted' | 'ExecutionRequested'>>): void => {
    const { scheduledAt, executionId } = event.data;
    const slotMs = Date.parse(scheduledAt);
    if (waiting.delete(executionId)) return;
    if (event.type === 'ExecutionRequested') waiting.add(executionId);
    if (activeDefinition?.slots?.next(slotMs - 1) !== slotMs)
      say(event, `fires ${scheduledAt}, which is no slot in force`);
    const isCaughtUp = event.data.tail.open.some((open) => open.executionId === executionId && open.catchUp);
    if (slotMs > cursorMs) passOver(event, slotMs, slotMs);
    else if (!isCaughtUp || !late.delete(slotMs)) say(event, `fires ${scheduledAt}, which was settled already`);
  };

  const take = (event: Walked): void => {
    switch (event.type) {
      case 'DefinitionActivated':
        takeDefinition(event);
        break;
      case 'OccurrencesMissed':
      case 'OccurrencesSkipped':
        settleRange(event);
        break;
      case 'ExecutionRequested':
      case 'ExecutionStarted':
        if (event.data.trigger === 'schedule' && isFirst(event)) claim(event);
        break;
      case 'CallAccepted':
      case 'HeartbeatReceived':
      case 'HookAttempted':
      case 'ExecutionAttemptFailed':
      case 'CancelRequested':
      case 'ExecutionSucceeded':
      case 'ExecutionFailed':
      case 'ExecutionCancelled':
    }
  };

  for (const event of runs) {
    take(event);
    // Late slots that are kept move the cursor with the event that comes next.
    if (Date.parse(event.data.tail.cursor) > cursorMs) passOver(event, Date.parse(event.data.tail.cursor));
    const { cursor, jobRevision, catchUp = [], runs: made, open } = event.data.tail;
    if (Date.parse(cursor) !== cursorMs) say(event, `has its cursor at ${cursor}, and settled is ${at(cursorMs)}`);
    if (jobRevision !== revisionOf(activeDefinition))
      say(event, `names ${jobRevision}, and in force is ${revisionOf(activeDefinition)}`);
    const kept = catchUp.reduce(
      (sum, span) =>
        sum +
        (activeDefinition?.slots?.count(Date.parse(span.after), Date.parse(span.until), COUNTED_AT_MOST)?.count ?? 0),
      0,
    );
    if (kept !== late.size) say(event, `keeps ${kept} late slots, and ${late.size} are to be called`);
    cursorMs = Date.parse(cursor);
    const waits = open.filter(
      ({ trigger, state, attempt, uncounted }) =>
        trigger === 'schedule' && state === 'pending' && attempt === 0 && !uncounted,
    );
    const most = activeDefinition?.definition.maxRuns;
    isOver = most !== undefined && made + waits.length >= most;
    if (most !== undefined && made > most) say(event, `counts ${made} runs, more than ${most}`);
  }

  const newest = Math.max(...versions.keys());
  if (revisionOf(activeDefinition) < newest) wrong.push(`job ${jobId}: revision ${newest} was never taken`);
  let next = activeDefinition?.slots?.next(cursorMs);
  // Slots that were closed may be recorded with the next call alone.
  const closures = activeDefinition && book.closuresOf(closableBy(activeDefinition.definition));
  const graceMs = activeDefinition?.definition.limit === undefined ? GRACE_MS + turnsMs : LIMITED_GRACE_MS;
  const mayBeOpen = (slotMs: number): boolean => {
    const closure = closures && closureAt(closures, slotMs);
    return closure !== undefined && (closure.held === undefined || closure.held.untilMs > endedAtMs - graceMs);
  };
  while (next !== undefined && next <= endedAtMs && mayBeOpen(next)) next = activeDefinition?.slots?.next(next);
  // The book of shifts has when those are due.
  const isMoved = activeDefinition?.definition.calendar?.shift !== undefined;
  if (!isOver && !isMoved && !isPaused(jobId) && next !== undefined && next <= endedAtMs - graceMs) {
    wrong.push(`job ${jobId}: the slot ${at(next)} is not settled at the end, ${at(endedAtMs)}`);
  }
  return wrong;
};

/** Whether an event claims a slot, or makes it wait; another attempt settles nothing. */
const isFirst = ({ data }: EventOf<'ExecutionStarted' | 'ExecutionRequested'>): boolean =>
  !('attempt' in data) || data.attempt === 1;

const revisionOf = (version: Version | undefined): number => version?.revision ?? -1;

/** A change of something else than the schedule leaves due what was due. */
const sameSlots = (a: Version, b: Version): boolean =>
  !b.deleted &&
  a.definition.enabled === b.definition.enabled &&
  a.definition.scheduleSince === b.definition.scheduleSince;

export const closureBookOf = (events: readonly RecordedEvent[]): ClosureBook => {
  const book = createClosureBook();
  for (const event of events) {
    const { revision } = event;
    if (isPauseEvent(event)) book.setPause({ ...event.data, revision });
    if (isCalendarEvent(event))
      book.setCalendar({ ...event.data, revision, deleted: event.type === 'CalendarDeleted' });
  }
  return book;
};

const at = (ms: number): string => new Date(ms).toISOString();
