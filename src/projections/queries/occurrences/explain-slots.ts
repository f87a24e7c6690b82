import { type Blackouts, NO_CLOSURES } from '../../../domain/closure/closure.ts';
import type { PauseVersion } from '../../../domain/closure/closure-book.ts';
import { MAX_SHIFT_MS } from '../../../domain/closure/shift.ts';
import { defined } from '../../../domain/defined.ts';
import type { Span } from '../../../domain/execution/tail.ts';
import {
  explainSlot,
  type SlotOutcome,
  type SlotPause,
  type SlotRecords,
} from '../../../domain/ledger/explain-slot.ts';
import { type DefinitionPeriod, slotsOf } from '../../../domain/ledger/periods.ts';
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
  const lookedUp = slots.filter((_, place) => !isSettled(records.get(place)) || isPaused(records.get(place)));
  const runs = await ledger.runsOf(new Set(lookedUp.map(({ jobId }) => jobId)));
  const closedBy = await loadClosures(ledger, lookedUp, runs);
  const found: OccurrenceView[] = [];
  for (const [place, { jobId, slotMs, period }] of slots.entries()) {
    const context = { period, runs: runs.get(jobId)?.runs, closures: closedBy(jobId).closures, nowMs };
    const explained = explainSlot(slotMs, records.get(place) ?? {}, context);
    const slot = { jobId, at: toInstant(slotMs), definitionVersion: period.jobRevision + 1 };
    if (explained !== undefined)
      found.push({
        ...slot,
        ...explained,
        ...pauseOf(explained, closedBy(jobId).pauseAt(dueMsOf(explained) ?? slotMs)),
      });
    await others.yieldIfDue();
  }
  return found;
};

const dueMsOf = (outcome: SlotOutcome): number | undefined =>
  'dueAt' in outcome && outcome.dueAt !== undefined ? toMs(outcome.dueAt) : undefined;

const isSettled = (records: SlotRecords | undefined): boolean =>
  records?.range !== undefined || records?.execution?.waits === false;

const isPaused = (records: SlotRecords | undefined): boolean => records?.range?.reason === 'PAUSED';

const pauseOf = (outcome: SlotOutcome, pause: PauseVersion | undefined): SlotPause => {
  const isOfPause =
    ('reason' in outcome && outcome.reason === 'PAUSED') ||
    ('expectedReason' in outcome && outcome.expectedReason === 'PAUSED');
  if (!isOfPause || pause === undefined) return {};
  const { pauseId, operationId } = pause;
  return defined({ pauseId, operationId });
};

type ClosedBy = {
  readonly closures: Blackouts;
  readonly pauseAt: (slotMs: number) => PauseVersion | undefined;
};
const NEVER_CLOSED: ClosedBy = { closures: NO_CLOSURES, pauseAt: () => undefined };

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
      ...new Set(closable.flatMap(({ calendar }) => [...(calendar?.exclude ?? []), ...(calendar?.include ?? [])])),
    ],
    afterMs: slots.reduce((firstMs, { slotMs }) => Math.min(firstMs, slotMs), LAST_INSTANT_MS) - earlierMs,
  });
  const closed = new Map(
    [...jobs].map(([jobId, job]): [number, ClosedBy] => [
      jobId,
      { closures: book.closuresOf(job.closable), pauseAt: (slotMs) => book.pausesAt(job.closable, slotMs)[0] },
    ]),
  );
  return (jobId) => closed.get(jobId) ?? NEVER_CLOSED;
};
