import { type Blackouts, NO_CLOSURES } from '../../../domain/closure/closure.ts';
import { calendarNames, type PauseVersion } from '../../../domain/closure/closure-book.ts';
import { MAX_SHIFT_MS } from '../../../domain/closure/shift.ts';
import { defined } from '../../../domain/defined.ts';
import type { Span } from '../../../domain/execution/tail.ts';
import {
  explainSlot,
  type SlotClosure,
  type SlotOutcome,
  type SlotRecords,
} from '../../../domain/ledger/explain-slot.ts';
import { type DefinitionPeriod, type PeriodSlot, slotsOf } from '../../../domain/ledger/periods.ts';
import { LAST_INSTANT_MS, toInstant, toMs } from '../../../domain/values.ts';
import type { Yielder } from '../../yielder.ts';
import type { JobRuns, JobSlot, OccurrenceView, SlotLedger, SlotPlace } from './slots.ts';

/** The slots of a job to find: those of its definitions within the spans. */
export type SlotSource = {
  readonly jobId: number;
  /** Oldest first. */
  readonly periods: readonly DefinitionPeriod[];
  /** Oldest first. */
  readonly spans: readonly Span[];
};

const inOrder = (a: SlotPlace, b: SlotPlace): number => a.slotMs - b.slotMs || a.jobId - b.jobId;

/** The first slots of these jobs after a place, in order. */
export const firstSlots = async (
  jobs: Iterable<SlotSource>,
  { after, count, others }: { readonly after: SlotPlace; readonly count: number; readonly others: Yielder },
): Promise<JobSlot[]> => {
  let found: JobSlot[] = [];
  let last: JobSlot | undefined;
  for (const job of jobs) {
    for (const slot of slotsAfter(job, after)) {
      if (last !== undefined && inOrder(slot, last) > 0) break;
      found.push(slot);
      if (found.length < 2 * count) continue;
      found = found.sort(inOrder).slice(0, count);
      last = found.at(-1);
    }
    await others.yieldIfDue();
  }
  return found.sort(inOrder).slice(0, count);
};

function* slotsAfter({ jobId, periods, spans }: SlotSource, place: SlotPlace): Generator<JobSlot, void> {
  // For jobs after the place's job, the place's own slot is still to come.
  const placeMs = jobId > place.jobId ? place.slotMs - 1 : place.slotMs;
  for (const { afterMs, untilMs } of spans) {
    for (const slot of slotsOf(periods, { afterMs: Math.max(afterMs, placeMs), untilMs })) yield { jobId, ...slot };
  }
}

/**
 * Explains the outcome of each slot, unless it was never due.
 * @param slots of jobs that the caller can see
 */
export const explainSlots = async (
  ledger: SlotLedger,
  slots: readonly JobSlot[],
  others: Yielder,
): Promise<OccurrenceView[]> => {
  const { nowMs } = ledger;
  const records = await ledger.recordsOf(slots);
  const lookedUp = slots.filter((_, place) => !isSettled(records.get(place)) || isClosed(records.get(place)));
  const runs = await ledger.runsOf(new Set(lookedUp.map(({ jobId }) => jobId)));
  const closedBy = await loadClosures(ledger, lookedUp, runs);
  const found: OccurrenceView[] = [];
  for (const [place, slot] of slots.entries()) {
    const { jobId, slotMs, period } = slot;
    const closed = closedBy(jobId);
    const context = { period, runs: runs.get(jobId)?.runs, closures: closed.closures, nowMs };
    const explained = explainSlot(slotMs, records.get(place) ?? {}, context);
    const shown = { jobId, at: toInstant(slotMs), definitionVersion: period.jobRevision + 1 };
    if (explained !== undefined) found.push({ ...shown, ...explained, ...closureOf(explained, closed, slot) });
    await others.yieldIfDue();
  }
  return found;
};

const isSettled = (records: SlotRecords | undefined): boolean =>
  records?.range !== undefined || records?.execution?.waits === false;

/** Whether a calendar or a pause, which is shown with the slot, determined its outcome. */
const isClosed = ({ range, execution }: SlotRecords = {}): boolean =>
  range?.reason === 'CALENDAR' || range?.reason === 'PAUSED' || execution?.dueAt !== undefined;

type ClosedBy = {
  readonly closures: Blackouts;
  readonly pauseAt: (dueMs: number) => PauseVersion | undefined;
  readonly calendarsAt: (slot: PeriodSlot) => readonly string[];
};
const NEVER_CLOSED: ClosedBy = { closures: NO_CLOSURES, pauseAt: () => undefined, calendarsAt: () => [] };

const closureOf = (outcome: SlotOutcome, { pauseAt, calendarsAt }: ClosedBy, slot: PeriodSlot): SlotClosure => {
  const dueAt = 'dueAt' in outcome ? outcome.dueAt : undefined;
  const reason = outcome.outcome === 'due' ? outcome.expectedReason : 'reason' in outcome ? outcome.reason : undefined;
  const pause = reason === 'PAUSED' ? pauseAt(dueAt === undefined ? slot.slotMs : toMs(dueAt)) : undefined;
  const calendars = reason === 'CALENDAR' || dueAt !== undefined ? calendarsAt(slot) : [];
  return defined({
    calendars: calendars.length > 0 ? calendars : undefined,
    pauseId: pause?.pauseId,
    operationId: pause?.operationId,
  });
};

/** Blackouts of each job from the first of these slots on. */
const loadClosures = async (
  ledger: SlotLedger,
  slots: readonly JobSlot[],
  jobs: ReadonlyMap<number, JobRuns>,
): Promise<(jobId: number) => ClosedBy> => {
  const closable = [...jobs.values()].map((job) => job.closable);
  if (closable.length === 0) return () => NEVER_CLOSED;
  const earlierMs = closable.some(({ calendar }) => calendar?.shift === 'previous') ? MAX_SHIFT_MS : 0;
  const book = await ledger.closureBook({
    tenants: [...new Set(closable.map(({ tenant }) => tenant))],
    calendars: [
      ...new Set(
        [...closable, ...slots.map(({ period }) => period.rules)].flatMap((rules) => calendarNames(rules.calendar)),
      ),
    ],
    afterMs: slots.reduce((firstMs, { slotMs }) => Math.min(firstMs, slotMs), LAST_INSTANT_MS) - earlierMs,
  });
  const closed = new Map(
    [...jobs].map(([jobId, job]): [number, ClosedBy] => [
      jobId,
      {
        closures: book.closuresOf(job.closable),
        pauseAt: (dueMs) => book.pausesAt(job.closable, dueMs)[0],
        calendarsAt: ({ slotMs, period: { rules } }) =>
          book.calendarsAt({ ...job.closable, calendar: rules.calendar }, slotMs),
      },
    ]),
  );
  return (jobId) => closed.get(jobId) ?? NEVER_CLOSED;
};
