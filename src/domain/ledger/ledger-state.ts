import type { Blackouts } from '../closure/closure.ts';
import { withMovedSlots } from '../closure/shift.ts';
import type { EventOf, RunEvent } from '../events/index.ts';
import { hasReachedMaxRuns } from '../execution/overlap-decision.ts';
import { COUNTED_AT_MOST } from '../execution/range.ts';
import { initialRuns, type Runs, runsOfTail, type Span } from '../execution/tail.ts';
import type { JobSlots } from '../schedule/index.ts';
import { toMs } from '../values.ts';
import { explainRecord, explainSlot, type SlotExecution, type SlotOutcome, slotRangeOf } from './explain-slot.ts';
import { type DefinitionPeriod, slotsOf } from './periods.ts';

/**
 * State for checking a job's ledger event by event. Settled slots are not kept, so it stays small for any age of the job.
 */
export type LedgerState = {
  /** The active definition; `undefined` while no slot is due. */
  readonly period: DefinitionPeriod | undefined;
  readonly runs: Runs;
  /** Claimed slots' executions by id, until it is known whether they were called. */
  readonly claimed: ReadonlyMap<number, ClaimedSlot>;
};

type ClaimedSlot = SlotExecution & { readonly slotMs: number };

/** A range of slots with the same outcome. */
export type ExplainedSlots = {
  readonly outcome: SlotOutcome;
  readonly firstMs: number;
  readonly lastMs: number;
  /** `undefined` if the slots were not counted. */
  readonly count: number | undefined;
};

/** The period of an activated definition; `undefined` for one without slots. */
type PeriodOf = (taken: EventOf<'DefinitionActivated'>['data']) => DefinitionPeriod | undefined;

/** What one event records about slots. */
type Entry = {
  readonly settled?: Span;
  readonly explained?: ExplainedSlots | undefined;
  readonly claimed?: LedgerState['claimed'];
};

const NONE_CLAIMED: LedgerState['claimed'] = new Map();
export const newLedgerState: LedgerState = { period: undefined, runs: initialRuns, claimed: NONE_CLAIMED };

/** Applies the next event of a job's runs. Returns the slots that it explains, omits or settles twice. */
export const takeRunEvent = (
  before: LedgerState,
  event: RunEvent,
  periodOf: PeriodOf,
): {
  readonly account: LedgerState;
  readonly explained: ExplainedSlots | undefined;
  readonly faults: readonly Fault[];
} => {
  const runs = runsOfTail(event.data.tail);
  const { settled, explained, claimed = before.claimed } = read(before, event);
  const period = event.type === 'DefinitionActivated' ? periodOf(event.data) : before.period;
  return { account: { period, runs, claimed }, explained, faults: faultsOf(before, { runs, settled }) };
};

/** Starts from an event whose predecessors are cut: their result is the event's tail minus what the event adds. */
export const resumeLedgerState = (period: DefinitionPeriod | undefined, event: RunEvent): LedgerState => {
  const runs = runsOfTail(event.data.tail);
  const { claimed = NONE_CLAIMED } = read({ period, runs: { ...runs, open: [] }, claimed: NONE_CLAIMED }, event);
  return { period, runs, claimed };
};

const read = (account: LedgerState, event: RunEvent): Entry => {
  switch (event.type) {
    case 'OccurrencesSkipped':
    case 'OccurrencesMissed':
      return readRange(event);
    case 'ExecutionRequested':
      return event.data.trigger === 'schedule' ? readClaim(account, event.data, { waits: true }) : {};
    case 'ExecutionStarted':
      return event.data.trigger === 'schedule' ? readClaim(account, event.data, { waits: false }) : {};
    case 'WorkOffered':
      return readOffer(account, event.data);
    case 'CallAccepted':
    case 'WorkTaken':
    case 'ExecutionAttemptFailed':
    case 'ExecutionSucceeded':
    case 'ExecutionFailed':
    case 'ExecutionCancelled':
      return readEnd(account, event);
    case 'DefinitionActivated':
    case 'CancelRequested':
    case 'HeartbeatReceived':
    case 'HookAttempted':
    case 'BackfillRequested':
    case 'BackfillCancelled':
    case 'ExecutionsExpired':
      return {};
  }
};

const readRange = (event: EventOf<'OccurrencesSkipped' | 'OccurrencesMissed'>): Entry => {
  const range = slotRangeOf(event);
  if (range === undefined) return {};
  const { firstMs, lastMs, count } = range;
  const outcome = explainRecord({ range });
  return {
    settled: { afterMs: firstMs - 1, untilMs: lastMs },
    explained: outcome && { outcome, firstMs, lastMs, count },
  };
};

type Claim = Pick<EventOf<'ExecutionStarted'>['data'], 'executionId' | 'scheduledAt' | 'late'>;

/** A claim settles a slot, unless its execution was already open and waiting. */
const readClaim = (
  { runs, claimed }: LedgerState,
  { executionId, scheduledAt, late }: Claim,
  { waits }: { readonly waits: boolean },
): Entry => {
  const isOpen = runs.open.some((open) => open.executionId === executionId);
  if (isOpen && !claimed.has(executionId)) return {};
  const slotMs = toMs(scheduledAt);
  const slot: ClaimedSlot = { executionId, slotMs, waits, ...(late === undefined ? {} : { late }) };
  return {
    claimed: new Map(claimed).set(executionId, slot),
    ...(isOpen ? {} : { settled: { afterMs: slotMs - 1, untilMs: slotMs } }),
  };
};

/** The slot of offered work waits until a worker has taken it. */
const readOffer = ({ claimed }: LedgerState, { executionId }: EventOf<'WorkOffered'>['data']): Entry => {
  const slot = claimed.get(executionId);
  return slot === undefined ? {} : { claimed: new Map(claimed).set(executionId, { ...slot, waits: true }) };
};

type End = EventOf<
  | 'CallAccepted'
  | 'WorkTaken'
  | 'ExecutionAttemptFailed'
  | 'ExecutionSucceeded'
  | 'ExecutionFailed'
  | 'ExecutionCancelled'
>;

/** The end of the first attempt shows whether the slot was called, and whether it was late. */
const readEnd = ({ claimed }: LedgerState, event: End): Entry => {
  const slot = claimed.get(event.data.executionId);
  if (slot === undefined) return {};
  const range = slotRangeOf(event);
  const { late = slot.late } = event.data;
  const execution = { executionId: slot.executionId, waits: false, ...(late === undefined ? {} : { late }) };
  const outcome = explainRecord({ execution, ...(range === undefined ? {} : { range }) });
  const left = [...claimed].filter(([executionId]) => executionId !== slot.executionId);
  return {
    claimed: left.length === 0 ? NONE_CLAIMED : new Map(left),
    explained: outcome && { outcome, firstMs: slot.slotMs, lastMs: slot.slotMs, count: 1 },
  };
};

type LogEnd = {
  /** The requested slots. */
  readonly span: Span;
  readonly closures: Blackouts;
  readonly nowMs: number;
};

/** Yields what would be recorded now for slots that no event explains yet: claimed ones and unsettled ones. */
export function* explainRest(account: LedgerState, { span, closures, nowMs }: LogEnd): Generator<ExplainedSlots, void> {
  const { period, runs, claimed } = account;
  for (const { slotMs, ...execution } of claimed.values()) yield* explained(slotMs, explainRecord({ execution }, runs));
  if (period === undefined) return;
  const whole = { ...period, afterMs: Number.NEGATIVE_INFINITY };
  const { slots } = withMovedSlots({ rules: period.rules, slots: period.slots, closures });
  const unsettled = { afterMs: runs.cursorMs, untilMs: slots.placeMs(nowMs) };
  for (const { afterMs, untilMs } of [...runs.catchUp, unsettled]) {
    const requested = { afterMs: Math.max(afterMs, span.afterMs), untilMs: Math.min(untilMs, span.untilMs) };
    for (const { slotMs } of slotsOf([whole], requested)) {
      yield* explained(slotMs, explainSlot(slotMs, {}, { period, runs, closures, nowMs }));
    }
  }
}

const explained = (slotMs: number, outcome: SlotOutcome | undefined): ExplainedSlots[] =>
  outcome === undefined ? [] : [{ outcome, firstMs: slotMs, lastMs: slotMs, count: 1 }];

/** Errors in the ledger: slots without a record, settled twice, or never due. */
export const FAULTS = ['unexplained', 'duplicated', 'notDue'] as const;
export type FaultKind = (typeof FAULTS)[number];

/** A range of slots with the same error. */
export type Fault = {
  readonly kind: FaultKind;
  readonly firstMs: number;
  readonly lastMs: number;
  /** `undefined` if the slots were not counted. */
  readonly count: number | undefined;
};

type Before = { readonly period: DefinitionPeriod | undefined; readonly runs: Runs };

type Event = {
  readonly runs: Runs;
  readonly settled: Span | undefined;
};

/**
 * Finds the errors of an event. It must settle each slot that the cursor passes without keeping it, and each kept slot that
 * it drops, and no other.
 */
const faultsOf = ({ period, runs }: Before, { runs: after, settled }: Event): Fault[] => {
  if (period === undefined) return settled === undefined ? [] : [fault('notDue', settled)];
  const { slots, rules } = period;
  const isOver = hasReachedMaxRuns(runs, rules);
  const passed = isOver ? [] : [{ afterMs: runs.cursorMs, untilMs: after.cursorMs }];
  const taken = without([...passed, ...runs.catchUp], after.catchUp);
  const left = settled === undefined ? taken : without(taken, [settled]);
  const faults = left.flatMap((span) => faultsIn(slots, span, 'unexplained'));
  if (settled === undefined) return faults;
  for (const span of without([settled], taken)) {
    const isAhead = span.untilMs > runs.cursorMs;
    faults.push(...faultsIn(slots, span, isAhead ? 'notDue' : 'duplicated'));
  }
  return [...faults, ...strays(slots, settled)];
};

/** Both ends of a range of settled slots must be slots; otherwise another schedule produced the range. */
const strays = (slots: JobSlots, { afterMs, untilMs }: Span): Fault[] =>
  [...new Set([afterMs + 1, untilMs])]
    .filter((instantMs) => slots.next(instantMs - 1) !== instantMs)
    .map((instantMs) => fault('notDue', { afterMs: instantMs - 1, untilMs: instantMs }));

const faultsIn = (slots: JobSlots, { afterMs, untilMs }: Span, kind: FaultKind): Fault[] => {
  const due = untilMs <= afterMs ? undefined : slots.count(afterMs, untilMs, COUNTED_AT_MOST);
  return due === undefined ? [] : [{ kind, firstMs: due.first, lastMs: due.last, count: due.count }];
};

const fault = (kind: FaultKind, { afterMs, untilMs }: Span): Fault => ({
  kind,
  firstMs: afterMs + 1,
  lastMs: untilMs,
  count: afterMs + 1 === untilMs ? 1 : undefined,
});

/** Removes the time of the other spans. */
const without = (spans: readonly Span[], others: readonly Span[]): readonly Span[] =>
  others.reduce<readonly Span[]>(
    (left, other) =>
      left
        .flatMap(({ afterMs, untilMs }) => [
          { afterMs, untilMs: Math.min(untilMs, other.afterMs) },
          { afterMs: Math.max(afterMs, other.untilMs), untilMs },
        ])
        .filter(({ afterMs, untilMs }) => afterMs < untilMs),
    spans,
  );
