import type { Span } from '../../../domain/execution/tail.ts';
import { type DefinitionPeriod, type PeriodSlot, slotsOf } from '../../../domain/ledger/periods.ts';
import type { Turns } from '../../turns.ts';

/** The slots of a job that are looked for: those of its definitions that fall in the spans. */
export type SlotSource = {
  readonly jobId: number;
  /** Oldest first. */
  readonly periods: readonly DefinitionPeriod[];
  /** Oldest first. */
  readonly spans: readonly Span[];
};

export type JobSlot = PeriodSlot & { readonly jobId: number };

/** A place in the list of slots, which is in order of time and then of jobs. */
export type SlotPlace = Pick<JobSlot, 'jobId' | 'slotMs'>;

const inOrder = (a: SlotPlace, b: SlotPlace): number => a.slotMs - b.slotMs || a.jobId - b.jobId;

/** The first slots of these jobs after a place, in order. */
export const firstSlots = async (
  jobs: Iterable<SlotSource>,
  { after, count, others }: { readonly after: SlotPlace; readonly count: number; readonly others: Turns },
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
    await others.haveTheirTurn();
  }
  return found.sort(inOrder).slice(0, count);
};

function* slotsAfter({ jobId, periods, spans }: SlotSource, place: SlotPlace): Generator<JobSlot, void> {
  // The slot of the place itself is still to come for jobs that are after its job.
  const placeMs = jobId > place.jobId ? place.slotMs - 1 : place.slotMs;
  for (const { afterMs, untilMs } of spans) {
    for (const slot of slotsOf(periods, { afterMs: Math.max(afterMs, placeMs), untilMs })) yield { jobId, ...slot };
  }
}
