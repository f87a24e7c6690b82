import { hasMadeAllRuns } from '../../../domain/execution/room.ts';
import { toInstant, toMs } from '../../../domain/values.ts';
import type { Clock } from '../../../runtime/world.ts';
import { type Turns, takeTurns } from '../../turns.ts';
import { decodeCursor, encodeCursor } from '../cursor.ts';
import type { OccurrenceFilter, OccurrenceView } from '../port/executions.ts';
import type { ListPage, PageRequest } from '../port/pages.ts';
import type { Scope } from '../port/scope.ts';
import { isId } from '../row.ts';
import { findCandidates } from './candidates.ts';
import { explainSlots } from './explain-slots.ts';
import { firstSlots, type JobSlot, type SlotPlace, type SlotSource } from './first-slots.ts';
import { loadPeriods, type Periods } from './load-periods.ts';
import type { SlotLedger, SlotSearch } from './port.ts';

/** A page looks at so many slots at the most; where few of them fit the filter, it ends before its limit. */
const SLOTS_OF_A_PAGE = 20_000;
/** With a filter, slots are looked at in batches of this size. */
const BATCH = 1_000;
/** Comes after every job. */
const LAST_JOB = Number.MAX_SAFE_INTEGER;

/** Oldest first. A page may end before its limit. @throws BadCursor */
export const listOccurrences =
  (ledgerOf: (scope: Scope) => SlotLedger, clock: Pick<Clock, 'monotonic'>) =>
  async (scope: Scope, filter: OccurrenceFilter, { limit, cursor }: PageRequest): Promise<ListPage<OccurrenceView>> => {
    if (filter.jobId !== undefined && !isId(filter.jobId)) return { items: [] };
    const ledger = ledgerOf(scope);
    const search = searchOf(scope, filter, cursor);
    const found: OccurrenceView[] = [];
    const others = takeTurns(clock);
    const count = search.outcomes === undefined ? limit + 1 : BATCH;
    let looked = 0;
    for await (const slots of slotBatches(ledger, search, { count, others })) {
      const explained = await explainSlots(ledger, slots, others);
      found.push(...explained.filter(({ outcome }) => search.outcomes?.includes(outcome) ?? true));
      if (found.length > limit) return pageOf(found, limit);
      looked += slots.length;
      const last = slots.at(-1);
      if (last !== undefined && looked >= SLOTS_OF_A_PAGE) return { items: found, next: cursorOf(last) };
    }
    return { items: found };
  };

const searchOf = (scope: Scope, filter: OccurrenceFilter, cursor: PageRequest['cursor']): SlotSearch => {
  const { jobId, from, to, outcomes } = filter;
  const start = { at: from, id: LAST_JOB };
  const place = cursor === undefined ? start : decodeCursor(cursor);
  const { at, id } = place.at < from ? start : place;
  return { scope, jobId, outcomes, after: { slotMs: toMs(at), jobId: id }, untilMs: toMs(to) };
};

/** The slots that are looked for, in order, so many at a time. */
async function* slotBatches(
  ledger: SlotLedger,
  search: SlotSearch,
  batch: { readonly count: number; readonly others: Turns },
): AsyncGenerator<readonly JobSlot[]> {
  let { after } = search;
  for (;;) {
    const { sources, untilMs } = await sourcesOf(ledger, { ...search, after });
    for (;;) {
      const slots = await firstSlots(sources, { after, ...batch });
      const last = slots.at(-1);
      if (last === undefined) break;
      yield slots;
      after = last;
    }
    if (untilMs >= search.untilMs) return;
    after = { slotMs: untilMs, jobId: LAST_JOB };
  }
}

/** Where the slots up to `untilMs` come from. */
const sourcesOf = async (
  ledger: SlotLedger,
  search: SlotSearch,
): Promise<{ readonly sources: readonly SlotSource[]; readonly untilMs: number }> => {
  const candidates = ledger.findsCandidates ? await findCandidates(ledger, search) : undefined;
  const ofJob = search.jobId === undefined ? undefined : [search.jobId];
  const periods = await loadPeriods(ledger, search, candidates === undefined ? ofJob : [...candidates.spans.keys()]);
  const ends = await endsOfRuns(ledger, periods);
  const sources = [...periods].map(([jobId, ofOne]) => {
    const untilMs = Math.min(search.untilMs, ends.get(jobId) ?? search.untilMs);
    const whole = [{ afterMs: search.after.slotMs - 1, untilMs }];
    return { jobId, periods: ofOne, spans: candidates === undefined ? whole : (candidates.spans.get(jobId) ?? []) };
  });
  return { sources, untilMs: candidates?.untilMs ?? search.untilMs };
};

/** The last slot of each job that has made all its runs, epoch ms. */
const endsOfRuns = async (ledger: SlotLedger, periods: Periods): Promise<ReadonlyMap<number, number>> => {
  const limited = [...periods].flatMap(([jobId, ofJob]) => {
    const rules = ofJob.at(-1)?.rules;
    return rules?.maxRuns === undefined ? [] : [[jobId, rules] as const];
  });
  const runs = await ledger.runsOf(new Set(limited.map(([jobId]) => jobId)));
  const ends = new Map<number, number>();
  for (const [jobId, rules] of limited) {
    const ofJob = runs.get(jobId)?.runs;
    if (ofJob !== undefined && hasMadeAllRuns(ofJob, rules)) ends.set(jobId, ofJob.cursorMs);
  }
  return ends;
};

const pageOf = (found: readonly OccurrenceView[], limit: number): ListPage<OccurrenceView> => {
  const items = found.slice(0, limit);
  const last = items.at(-1);
  return {
    items,
    ...(last === undefined ? {} : { next: cursorOf({ slotMs: toMs(last.at), jobId: last.jobId }) }),
  };
};

const cursorOf = ({ slotMs, jobId }: SlotPlace): string => encodeCursor({ at: toInstant(slotMs), id: jobId });
