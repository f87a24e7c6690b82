import { sql } from 'slonik';
import { z } from 'zod';
import type { RowReader } from '../../../db/reader.ts';
import { defined } from '../../../domain/defined.ts';
import { hasReachedMaxRuns } from '../../../domain/execution/overlap-decision.ts';
import type { Span } from '../../../domain/execution/tail.ts';
import type { SlotOutcomeName } from '../../../domain/ledger/explain-slot.ts';
import { toInstant, toMs } from '../../../domain/values.ts';
import { createYielder, type Yielder } from '../../yielder.ts';
import { isAsOf } from '../as-of/executions.ts';
import { ledgerAsOf } from '../as-of/ledger.ts';
import type { QueryContext } from '../context.ts';
import { createdFrom } from '../filters.ts';
import { encodeCursor, keysetOf } from '../keyset.ts';
import type { ListPage, PageRequest } from '../page.ts';
import { bigint, isId } from '../row.ts';
import { isOfBoundJob, type Scope, visible } from '../scope.ts';
import { views } from '../views.ts';
import { explainSlots, firstSlots, type SlotSource } from './explain-slots.ts';
import { isOfDisabledJob, loadPeriods, type Periods } from './load.ts';
import { liveLedger } from './slot-records.ts';
import type { JobSlot, OccurrenceFilter, OccurrenceView, SlotLedger, SlotPlace, SlotSearch } from './slots.ts';

/** Maximum slots to check for a page; if few of them match the filter, it ends before its limit. */
const SLOTS_OF_A_PAGE = 20_000;
/** With a filter, slots are checked in batches of this size. */
const BATCH = 1_000;
/** Order of slots. */
const SLOT_ORDER = { at: 'timestamptz', job_id: 'bigint' } as const;
/** Sorts after every job. */
const LAST_JOB = Number.MAX_SAFE_INTEGER;

/** Oldest first. A page may end before its limit. @throws BadCursor */
export const listOccurrences =
  ({ readerFor, store, clock }: QueryContext) =>
  async (scope: Scope, filter: OccurrenceFilter, { limit, cursor }: PageRequest): Promise<ListPage<OccurrenceView>> => {
    if (filter.jobId !== undefined && !isId(filter.jobId)) return { items: [] };
    const reader = readerFor(scope);
    const ledger = isAsOf(scope) ? ledgerAsOf({ reader, store }, scope.asOf) : liveLedger(reader, clock.now());
    const search = searchOf(scope, filter, cursor);
    const found: OccurrenceView[] = [];
    const others = createYielder(clock);
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
  const [at = '', id = 0] = keysetOf(SLOT_ORDER, { cursor }).place ?? [];
  const start = { slotMs: toMs(from), jobId: LAST_JOB };
  const after = at < from ? start : { slotMs: toMs(`${at}`), jobId: Number(id) };
  return { scope, jobId, outcomes, after, untilMs: toMs(to) };
};

/** The slots to find, in order, in batches. */
async function* slotBatches(
  ledger: SlotLedger,
  search: SlotSearch,
  batch: { readonly count: number; readonly others: Yielder },
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

/** The sources of slots up to `untilMs`. */
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

/** The last slot of each completed job, epoch ms. */
const endsOfRuns = async (ledger: SlotLedger, periods: Periods): Promise<ReadonlyMap<number, number>> => {
  const limited = [...periods].flatMap(([jobId, ofJob]) => {
    const rules = ofJob.at(-1)?.rules;
    return rules?.maxRuns === undefined ? [] : [[jobId, rules] as const];
  });
  const runs = await ledger.runsOf(new Set(limited.map(([jobId]) => jobId)));
  const ends = new Map<number, number>();
  for (const [jobId, rules] of limited) {
    const ofJob = runs.get(jobId)?.runs;
    if (ofJob !== undefined && hasReachedMaxRuns(ofJob, rules)) ends.set(jobId, ofJob.cursorMs);
  }
  return ends;
};

const pageOf = (found: readonly OccurrenceView[], limit: number): ListPage<OccurrenceView> => {
  const items = found.slice(0, limit);
  const last = items.at(-1);
  return defined({ items, next: last && cursorOf({ slotMs: toMs(last.at), jobId: last.jobId }) });
};

const cursorOf = ({ slotMs, jobId }: SlotPlace): string => encodeCursor([toInstant(slotMs), jobId]);

/** Where slots with rare outcomes may be. */
type Candidates = {
  /** By job, oldest first. */
  readonly spans: ReadonlyMap<number, readonly Span[]>;
  /** There may be more after this instant. */
  readonly untilMs: number;
};

/** Maximum places to look up per job at once. */
const OF_EACH_JOB = 20;

const SpanRow = z.object({ job_id: bigint, first_ms: z.number(), last_ms: z.number() });
type SpanRow = z.infer<typeof SpanRow>;

/**
 * Finds where skipped, missed and late slots may be, so that the many slots on time need not be checked. `undefined` if
 * other outcomes are requested too.
 */
const findCandidates = async ({ reader, nowMs }: SlotLedger, search: SlotSearch): Promise<Candidates | undefined> => {
  const { jobId, outcomes, untilMs } = search;
  if (outcomes === undefined || outcomes.includes('fired') || outcomes.includes('due')) return undefined;
  const upToNow = { ...search, untilMs: Math.min(untilMs, nowMs) };
  const [ranges, late, unsettled, disabled] = await Promise.all([
    outcomes.some(isUncalled) ? rangesOf(reader, search) : [],
    outcomes.includes('late') ? lateOf(reader, search) : [],
    outcomes.includes('skipped') ? unsettledOf(reader, upToNow) : [],
    jobId !== undefined && outcomes.includes('skipped') ? disabledOf(reader, jobId, upToNow) : [],
  ]);
  const untilOf = (rows: readonly SpanRow[]): number =>
    [...Map.groupBy(rows, ({ job_id }) => job_id).values()].reduce((knownMs, ofJob) => {
      return ofJob.length < OF_EACH_JOB ? knownMs : Math.min(knownMs, ofJob[OF_EACH_JOB - 1]?.last_ms ?? knownMs);
    }, untilMs);
  const knownMs = Math.min(untilOf(ranges), untilOf(late));
  const spans = Map.groupBy([...ranges, ...late, ...unsettled, ...disabled], ({ job_id }) => job_id);
  return { untilMs: knownMs, spans: new Map([...spans].map(([jobId, rows]) => [jobId, joined(rows, knownMs)])) };
};

const isUncalled = (outcome: SlotOutcomeName): boolean => outcome === 'skipped' || outcome === 'missed';

/** The rows as sorted, disjoint spans. */
const joined = (rows: readonly SpanRow[], untilMs: number): Span[] => {
  const spans: Span[] = [];
  for (const { first_ms, last_ms } of rows.toSorted((a, b) => a.first_ms - b.first_ms)) {
    const afterMs = Math.max(first_ms - 1, spans.at(-1)?.untilMs ?? Number.NEGATIVE_INFINITY);
    const span = { afterMs, untilMs: Math.min(last_ms, untilMs) };
    if (span.untilMs > span.afterMs) spans.push(span);
  }
  return spans;
};

const jobsWithSlots = ({ scope, jobId, after, untilMs }: SlotSearch) => sql.fragment`
  SELECT DISTINCT job_id FROM ${views.definitionsInForce} AS period JOIN ${visible(scope)} USING (tenant)
  WHERE has_slots ${jobId === undefined ? sql.fragment`` : sql.fragment`AND job_id = ${jobId}`}
    AND ${isOfBoundJob(scope, sql.fragment`period`)}
    AND in_force_from < ${toInstant(untilMs)}::timestamptz
    AND (in_force_until IS NULL OR in_force_until >= ${toInstant(after.slotMs)}::timestamptz)`;

/** Ranges of a job do not overlap: at most one that ends after the search begins before its end. */
const rangesOf = (reader: RowReader, search: SlotSearch): Promise<readonly SpanRow[]> => {
  const from = sql.fragment`${toInstant(search.after.slotMs)}::timestamptz`;
  const to = sql.fragment`${toInstant(search.untilMs)}::timestamptz`;
  const outcomes = sql.fragment`outcome = ANY (${sql.array(search.outcomes ?? [], 'text')})`;
  return reader.any(sql.type(SpanRow)`
    SELECT job_id, first AS first_ms, last AS last_ms FROM (${jobsWithSlots(search)}) AS job CROSS JOIN LATERAL (
      (SELECT first, last, outcome FROM ${views.slotRanges} AS range
       WHERE range.job_id = job.job_id AND last >= ${from} AND last <= ${to} AND ${outcomes}
       ORDER BY last LIMIT ${OF_EACH_JOB})
      UNION ALL
      (SELECT first, last, outcome FROM ${views.slotRanges} AS range
       WHERE range.job_id = job.job_id AND last > ${to} ORDER BY last LIMIT 1)
    ) AS range
    WHERE first <= ${to} AND ${outcomes} ORDER BY job_id, last`);
};

const lateOf = (reader: RowReader, search: SlotSearch): Promise<readonly SpanRow[]> =>
  reader.any(sql.type(SpanRow)`
  SELECT job_id, scheduled_at AS first_ms, scheduled_at AS last_ms
  FROM (${jobsWithSlots(search)}) AS job CROSS JOIN LATERAL (
    SELECT scheduled_at FROM ${views.executions} AS execution
    WHERE execution.job_id = job.job_id AND late IS NOT NULL
      AND ${createdFrom(sql.fragment`${toInstant(search.after.slotMs)}::timestamptz`)}
      AND scheduled_at >= ${toInstant(search.after.slotMs)}::timestamptz
      AND scheduled_at <= ${toInstant(search.untilMs)}::timestamptz
    ORDER BY scheduled_at LIMIT ${OF_EACH_JOB}
  ) AS execution
  ORDER BY job_id, scheduled_at`);

/**
 * Slots that pass while an execution is open, or in a blackout, count as skipped before that is recorded. So slots after the
 * cursor are checked for jobs with an open execution, a calendar or a pause.
 */
const unsettledOf = (reader: RowReader, search: SlotSearch): Promise<readonly SpanRow[]> => {
  const from = sql.fragment`${toInstant(search.after.slotMs)}::timestamptz`;
  return reader.any(sql.type(SpanRow)`
    SELECT job_id, greatest((tail::jsonb ->> 'cursor')::timestamptz, ${from}) AS first_ms,
      ${toInstant(search.untilMs)}::timestamptz AS last_ms
    FROM (${jobsWithSlots(search)}) AS asked JOIN ${views.schedule} AS job USING (job_id)
    WHERE tail IS NOT NULL AND (open_count > 0 OR rules::jsonb -> 'calendar' IS NOT NULL OR EXISTS (
      SELECT FROM ${views.pauses}
      WHERE (pause.tenant = job.tenant OR pause.tenant IS NULL) AND (ended_at IS NULL OR ended_at > ${from})
    ))`);
};

/** When a job was disabled: the log records no slots in that time. */
const disabledOf = (
  reader: RowReader,
  jobId: number,
  { scope, after, untilMs }: SlotSearch,
): Promise<readonly SpanRow[]> => {
  const from = sql.fragment`${toInstant(after.slotMs)}::timestamptz`;
  const to = sql.fragment`${toInstant(untilMs)}::timestamptz`;
  return reader.any(sql.type(SpanRow)`
    SELECT job_id, greatest(in_force_from, ${from}) AS first_ms, least(in_force_until, ${to}) AS last_ms
    FROM ${views.definitionsInForce} AS period JOIN ${visible(scope)} USING (tenant)
    WHERE job_id = ${jobId} AND ${isOfDisabledJob} AND ${isOfBoundJob(scope, sql.fragment`period`)}
      AND in_force_from < ${to} AND (in_force_until IS NULL OR in_force_until >= ${from})`);
};
