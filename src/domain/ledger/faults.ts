import { hasReachedMaxRuns } from '../execution/overlap-decision.ts';
import { COUNTED_AT_MOST } from '../execution/range.ts';
import type { Runs, Span } from '../execution/tail.ts';
import type { JobSlots } from '../schedule/index.ts';
import type { DefinitionPeriod } from './periods.ts';

/** What can be wrong with slots: nothing is recorded of them, they were settled before, or they were never due. */
export const FAULTS = ['unexplained', 'duplicated', 'notDue'] as const;
export type FaultKind = (typeof FAULTS)[number];

/** Slots from the first to the last with which the same is wrong. */
export type Fault = {
  readonly kind: FaultKind;
  readonly firstMs: number;
  readonly lastMs: number;
  /** Undefined where nobody counted that far. */
  readonly count: number | undefined;
};

type Before = { readonly period: DefinitionPeriod | undefined; readonly runs: Runs };

type Event = {
  /** The runs after it. */
  readonly runs: Runs;
  /** The slots that it settles, from the first to the last. */
  readonly settled: Span | undefined;
};

/**
 * What is wrong with the slots that an event takes from those to be settled: it has to settle each slot that the cursor
 * passes and does not keep for later, and each that was kept and is not any more; and no other.
 */
export const faultsOf = ({ period, runs }: Before, { runs: after, settled }: Event): Fault[] => {
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

/** The instants that a range of settled slots begins and ends with are slots, or it was made by another schedule. */
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

/** The time of the spans that is in none of the others. */
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
