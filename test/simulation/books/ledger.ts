import type { EventOf, RunEvent } from '../../../src/domain/events/index.ts';
import type { RecordedEvent } from '../../../src/event-store/port.ts';
import type { Run } from '../simulate.ts';
import { type JobHistory, jobHistories, type Version } from './job-history.ts';

/** Slots of the last moments may still be waiting for their turn. */
const GRACE_MS = 5_000;
const COUNTED_AT_MOST = 10_000;

/**
 * Walks each job's stream of runs: whatever was due by the definition in force is fired, skipped or missed, exactly
 * once, and nothing else is. Reckons by itself; of the product it takes only which instants a schedule has.
 */
export const checkLedger = ({ events, endedAtMs }: Pick<Run, 'events' | 'endedAtMs'>): string[] =>
  jobHistories(events).flatMap((job) => walk(job, endedAtMs));

type Walked = RecordedEvent<RunEvent>;
type Range = EventOf<'OccurrencesMissed' | 'OccurrencesSkipped'>;

const walk = ({ jobId, versions, runs }: JobHistory, endedAtMs: number): string[] => {
  const wrong: string[] = [];
  let inForce: Version | undefined;
  /** All up to here is settled. */
  let cursorMs = 0;

  const say = ({ type, stream, revision }: Walked, what: string): void => {
    wrong.push(`${type} at ${stream}/${revision} ${what}`);
  };

  const passOver = (event: Walked, untilMs: number): void => {
    const next = inForce?.slots?.next(cursorMs);
    if (next !== undefined && next <= untilMs) say(event, `passes over ${at(next)}`);
    cursorMs = untilMs;
  };

  const takeDefinition = (event: RecordedEvent<EventOf<'DefinitionTaken'>>): void => {
    const { jobRevision, from } = event.data;
    const next = versions.get(jobRevision);
    if (next === undefined) say(event, `takes revision ${jobRevision}, which is no definition`);
    else if (next.revision <= revisionOf(inForce)) say(event, 'goes back to an older definition');
    if (inForce === undefined || next === undefined || !sameSlots(inForce, next)) passOver(event, Date.parse(from));
    inForce = next;
  };

  const settleRange = (event: RecordedEvent<Range>): void => {
    const { after, until, first, last, count } = event.data;
    if (Date.parse(after) !== cursorMs) say(event, `begins at ${after}, not at the cursor ${at(cursorMs)}`);
    const due = inForce?.slots?.count(Date.parse(after), Date.parse(until), COUNTED_AT_MOST);
    if (due === undefined) say(event, `settles ${after} to ${until}, where nothing was due`);
    else if (due.first !== Date.parse(first) || due.last !== Date.parse(last) || due.count !== count) {
      say(event, `counts ${count} slots where ${due.count} were due from ${after} to ${until}`);
    }
    cursorMs = Date.parse(until);
  };

  const claim = (event: RecordedEvent<EventOf<'ExecutionStarted'>>): void => {
    const { scheduledAt } = event.data;
    const slotMs = Date.parse(scheduledAt);
    if (slotMs <= cursorMs) say(event, `fires ${scheduledAt}, which was settled already`);
    if (inForce?.slots?.next(slotMs - 1) !== slotMs) say(event, `fires ${scheduledAt}, which is no slot in force`);
    passOver(event, slotMs - 1);
    cursorMs = slotMs;
  };

  const take = (event: Walked): void => {
    switch (event.type) {
      case 'DefinitionTaken':
        takeDefinition(event);
        break;
      case 'OccurrencesMissed':
      case 'OccurrencesSkipped':
        settleRange(event);
        break;
      case 'ExecutionStarted':
        if (event.data.trigger === 'schedule') claim(event);
        break;
      case 'ExecutionRequested':
      case 'ExecutionSucceeded':
      case 'ExecutionFailed':
      case 'ExecutionCancelled':
    }
  };

  for (const event of runs) {
    take(event);
    const { cursor, jobRevision } = event.data.tail;
    if (Date.parse(cursor) !== cursorMs) say(event, `has its cursor at ${cursor}, and settled is ${at(cursorMs)}`);
    if (jobRevision !== revisionOf(inForce)) say(event, `names ${jobRevision}, and in force is ${revisionOf(inForce)}`);
    cursorMs = Date.parse(cursor);
  }

  const newest = Math.max(...versions.keys());
  if (revisionOf(inForce) < newest) wrong.push(`job ${jobId}: revision ${newest} was never taken`);
  const next = inForce?.slots?.next(cursorMs);
  if (next !== undefined && next <= endedAtMs - GRACE_MS) {
    wrong.push(`job ${jobId}: the slot ${at(next)} is not settled at the end, ${at(endedAtMs)}`);
  }
  return wrong;
};

const revisionOf = (version: Version | undefined): number => version?.revision ?? -1;

/** A change of something else than the schedule leaves due what was due. */
const sameSlots = (a: Version, b: Version): boolean =>
  !b.deleted &&
  a.definition.enabled === b.definition.enabled &&
  a.definition.scheduleSince === b.definition.scheduleSince;

const at = (ms: number): string => new Date(ms).toISOString();
