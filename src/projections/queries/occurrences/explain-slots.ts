import { type Closures, NO_CLOSURES } from '../../../domain/closure/closure.ts';
import { explainSlot, type SlotRecords } from '../../../domain/ledger/explain-slot.ts';
import { LAST_INSTANT_MS, toInstant } from '../../../domain/values.ts';
import type { Turns } from '../../turns.ts';
import type { OccurrenceView } from '../port/executions.ts';
import type { JobSlot } from './first-slots.ts';
import type { JobRuns } from './load-runs.ts';
import type { SlotLedger } from './port.ts';

/**
 * Tells of each slot what became of it, unless it never came due.
 * @param slots of jobs that the caller may see
 */
export const explainSlots = async (
  ledger: SlotLedger,
  slots: readonly JobSlot[],
  others: Turns,
): Promise<OccurrenceView[]> => {
  const { nowMs } = ledger;
  const records = await ledger.recordsOf(slots);
  const unsettled = slots.filter((_, place) => !isSettled(records.get(place)));
  const runs = await ledger.runsOf(new Set(unsettled.map(({ jobId }) => jobId)));
  const closuresOf = await loadClosuresOf(ledger, unsettled, runs);
  const found: OccurrenceView[] = [];
  for (const [place, { jobId, slotMs, period }] of slots.entries()) {
    const context = { period, runs: runs.get(jobId)?.runs, closures: closuresOf(jobId), nowMs };
    const explained = explainSlot(slotMs, records.get(place) ?? {}, context);
    const slot = { jobId, at: toInstant(slotMs), definitionVersion: period.jobRevision + 1 };
    if (explained !== undefined) found.push({ ...slot, ...explained });
    await others.haveTheirTurn();
  }
  return found;
};

const isSettled = (records: SlotRecords | undefined): boolean =>
  records?.range !== undefined || records?.execution?.waits === false;

/** What closes each of the jobs from the first of these slots on. */
const loadClosuresOf = async (
  ledger: SlotLedger,
  slots: readonly JobSlot[],
  jobs: ReadonlyMap<number, JobRuns>,
): Promise<(jobId: number) => Closures> => {
  const closable = [...jobs.values()].map((job) => job.closable);
  if (closable.length === 0) return () => NO_CLOSURES;
  const book = await ledger.closureBook({
    tenants: [...new Set(closable.map(({ tenant }) => tenant))],
    calendars: [
      ...new Set(closable.flatMap(({ calendar }) => [...(calendar?.exclude ?? []), ...(calendar?.include ?? [])])),
    ],
    afterMs: slots.reduce((firstMs, { slotMs }) => Math.min(firstMs, slotMs), LAST_INSTANT_MS),
  });
  const closures = new Map([...jobs].map(([jobId, job]) => [jobId, book.closuresOf(job.closable)]));
  return (jobId) => closures.get(jobId) ?? NO_CLOSURES;
};
