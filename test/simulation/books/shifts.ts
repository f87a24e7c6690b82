import { closableBy } from '../../../src/domain/closure/closure-book.ts';
import { isRunEvent, type JobDefinition, type RunEvent } from '../../../src/domain/events/index.ts';
import { slots } from '../../../src/domain/schedule/index.ts';
import type { RecordedEvent } from '../../../src/event-store/port.ts';
import type { Run } from '../simulate.ts';
import { mostHeardMs, mostTurnsMs, troubleMs } from './heard.ts';
import { type JobHistory, jobHistories, type Version } from './job-history.ts';
import { closureBookOf } from './ledger.ts';
import { pausedInVain } from './paused-in-vain.ts';

const DAY_MS = 86_400_000;
const MOST_DAYS = 31;
/** A slot is claimed so long before it is due, by clocks that differ by some more. */
const EARLY_MS = 800;
const GRACE_MS = 5_000;

/** When slots of executions were due, epoch ms, by what their claims say. */
export const dueTimes = (events: readonly RecordedEvent[]) => {
  const moved = new Map<number, number>();
  for (const event of events)
    if (isRunEvent(event) && 'dueAt' in event.data && event.data.dueAt !== undefined)
      moved.set(event.data.executionId, Date.parse(event.data.dueAt));
  return ({ executionId, scheduledAt }: { readonly executionId: number; readonly scheduledAt: string }): number =>
    moved.get(executionId) ?? Date.parse(scheduledAt);
};

/** The days that the calendar of these jobs excluded for some time, counted from 1970 in UTC, which all of them are in. */
type Dates = { readonly closed: ReadonlySet<number>; readonly fromMs: number; readonly untilMs: number };

/**
 * Slots that a calendar moves are called on days that were open, when they were due; none is skipped that moves, or is
 * forgotten. Finds the days by counting: of the product it takes only which instants a schedule has.
 */
export const checkShifts = (run: Run): string[] => {
  const { events, plan } = run;
  const isClockPut = plan.faults.some(({ kind, process }) => kind === 'clock' && process === 'postgres');
  const dates = datesOf(events);
  return jobHistories(events).flatMap((job) => [
    ...checkEvents(run, job, { dates, isClockPut }),
    ...(isClockPut ? [] : checkEnd(run, job, dates)),
  ]);
};

const datesOf = (events: readonly RecordedEvent[]): readonly Dates[] => {
  const all = events.filter((event) => event.type === 'CalendarSet').filter(({ data }) => data.name === 'shift');
  return all.map(({ data, recordedAt }, place) => ({
    closed: new Set(data.dates.map((date) => Date.parse(date) / DAY_MS)),
    fromMs: recordedAt,
    untilMs: all[place + 1]?.recordedAt ?? Number.POSITIVE_INFINITY,
  }));
};

const shiftOf = ({ calendar }: JobDefinition) => calendar?.shift;

/** When a slot is due, by walking day after day to one that is open; undefined if it is skipped. */
const dueOf = ({ definition, slots: ofJob }: Version, slotMs: number, { closed }: Dates): number | undefined => {
  let day = Math.floor(slotMs / DAY_MS);
  const step = shiftOf(definition) === 'next' ? 1 : -1;
  for (let days = 0; days <= MOST_DAYS; days++, day += step) {
    const ownMs = ofJob?.next(day * DAY_MS - 1) ?? Number.POSITIVE_INFINITY;
    if (days > 0 && ownMs < (day + 1) * DAY_MS) return undefined;
    if (!closed.has(day)) return slotMs + days * step * DAY_MS;
  }
  return undefined;
};

type Known = { readonly dates: readonly Dates[]; readonly isClockPut: boolean };

const checkEvents = (run: Run, { versions, runs }: JobHistory, { dates, isClockPut }: Known): string[] => {
  const wrong: string[] = [];
  const requested = new Set<number>();
  for (const event of runs) {
    const version = versions.get(event.data.tail.jobRevision);
    if (version === undefined || shiftOf(version.definition) === undefined) continue;
    const say = (what: string) => wrong.push(`${event.stream}/${event.revision} ${what}`);
    const known = knownTo(run, event, dates);
    if (event.type === 'ExecutionRequested' || event.type === 'ExecutionStarted') {
      const { trigger, executionId, scheduledAt, dueAt = scheduledAt } = event.data;
      if (trigger !== 'schedule' || requested.has(executionId)) continue;
      requested.add(executionId);
      const dueMs = Date.parse(dueAt);
      if (!known.some((each) => dueOf(version, Date.parse(scheduledAt), each) === dueMs))
        say(`claims ${scheduledAt} as due ${dueAt}, where its calendar does not move it`);
      if (!isClockPut && event.recordedAt < dueMs - EARLY_MS - clockMs(run))
        say(`claims ${scheduledAt} before ${dueAt}`);
    }
    if (event.type === 'OccurrencesSkipped' && event.data.reason === 'CALENDAR' && version.slots !== undefined) {
      for (const slotMs of slots(version.slots, Date.parse(event.data.first) - 1)) {
        if (slotMs > Date.parse(event.data.last)) break;
        if (known.every((each) => dueOf(version, slotMs, each) !== undefined))
          say(`skips ${new Date(slotMs).toISOString()}, which its calendar moves`);
      }
    }
  }
  return wrong;
};

/** How far clocks of engines were put. */
const clockMs = ({ plan }: Run): number =>
  plan.faults.reduce((sum, fault) => sum + (fault.kind === 'clock' ? Math.abs(fault.byMs) : 0), 0);

/** What whoever recorded an event may have gone by: a command goes by the read models. */
const knownTo = ({ plan }: Run, { recordedAt, metadata }: RecordedEvent<RunEvent>, dates: readonly Dates[]) => {
  const behindMs = metadata.actor.type === 'engine' ? 0 : troubleMs(plan);
  const sinceMs = recordedAt - mostHeardMs(plan) - behindMs;
  return dates.filter(({ fromMs, untilMs }) => fromMs <= recordedAt && untilMs >= sinceMs);
};

/** At the end, what was due by the dates of then is settled, and the first definition has left out nothing that was to come. */
const checkEnd = (run: Run, { jobId, versions, runs }: JobHistory, dates: readonly Dates[]): string[] => {
  const { events, plan, endedAtMs } = run;
  const [newest, tail] = [dates.at(-1), runs.at(-1)?.data.tail];
  const version = tail && versions.get(tail.jobRevision);
  if (newest === undefined || tail === undefined || version?.slots === undefined) return [];
  const { definition } = version;
  const graceMs = (definition.limit === undefined ? GRACE_MS : 65_000) + mostTurnsMs(plan, versions.size + 20);
  if (shiftOf(definition) === undefined || pausedInVain(events)(jobId)) return [];
  if (newest.fromMs > endedAtMs - graceMs - mostHeardMs(plan)) return [];
  const pauses = closureBookOf(events);
  const wrong: string[] = [];
  for (const slotMs of slots(version.slots, Date.parse(tail.cursor))) {
    if (slotMs > endedAtMs + MOST_DAYS * DAY_MS) break;
    const dueMs = dueOf(version, slotMs, newest);
    if (dueMs === undefined || dueMs > endedAtMs - graceMs) continue;
    if (pauses.pausesAt(closableBy(definition), dueMs).length > 0) continue;
    wrong.push(
      `job ${jobId}: the slot ${new Date(slotMs).toISOString()}, due ${new Date(dueMs).toISOString()}, is not settled at the end`,
    );
  }
  const [first] = runs;
  if (first?.type === 'DefinitionActivated' && troubleMs(plan) === 0) {
    const fromMs = Date.parse(first.data.from);
    const begun = versions.get(first.data.jobRevision) ?? version;
    for (const slotMs of slots(version.slots, fromMs - 3 * DAY_MS)) {
      if (slotMs > fromMs || begun.slots === undefined) break;
      const dues = knownTo(run, first, dates).map((each) => dueOf(begun, slotMs, each) ?? slotMs);
      if (dues.every((dueMs) => dueMs > first.recordedAt + 2_000))
        wrong.push(
          `job ${jobId}: its first definition leaves out ${new Date(slotMs).toISOString()}, which was to come`,
        );
    }
  }
  return wrong;
};
