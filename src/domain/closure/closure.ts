import type { CatchUp, ClosureReason } from '../events/index.ts';

/** A span in which no slot of a job is called; epoch ms. */
export type Blackout = {
  readonly fromMs: number;
  /** Exclusive. */
  readonly untilMs: number;
  readonly reason: ClosureReason;
  /** Present if pauses defer its slots; otherwise they are skipped. */
  readonly held?: Held;
};

/** Slots that are called after the pauses end. */
export type Held = {
  /** Whether the latest slot is called, or each. */
  readonly catchUp: Exclude<CatchUp, 'skip'>;
  /** When the last pause that defers these slots ends, epoch ms. */
  readonly untilMs: number;
};

/** A job's blackouts with an instant in (afterMs, untilMs]: sorted and disjoint. */
export type Blackouts = (afterMs: number, untilMs: number) => readonly Blackout[];

const NONE: readonly Blackout[] = Object.freeze([]);

export const NO_CLOSURES: Blackouts = () => NONE;

export const closureAt = (closures: Blackouts, instantMs: number): Blackout | undefined =>
  closures(instantMs - 1, instantMs)[0];

/** The same blackouts without deferral: all their slots are skipped. */
export const withoutHolds =
  (closures: Blackouts): Blackouts =>
  (afterMs, untilMs) =>
    closures(afterMs, untilMs).map(({ held: _, ...closure }) => closure);

/** A span of time, epoch ms; `untilMs` is exclusive. */
export type TimeSpan = { readonly fromMs: number; readonly untilMs: number };

/** Sorted, disjoint spans. */
export type Spans = readonly TimeSpan[];

/** Merges spans, given in any order. */
export const union = (given: Iterable<TimeSpan>): TimeSpan[] => {
  const joined: TimeSpan[] = [];
  for (const span of [...given].sort((a, b) => a.fromMs - b.fromMs)) {
    const last = joined.at(-1);
    if (last === undefined || span.fromMs > last.untilMs) joined.push(span);
    else if (span.untilMs > last.untilMs) joined[joined.length - 1] = { ...last, untilMs: span.untilMs };
  }
  return joined;
};

/** Index of the first span that ends after this instant. */
const firstAfter = (spans: Spans, instantMs: number): number => {
  let low = 0;
  let high = spans.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((spans[middle]?.untilMs ?? Number.POSITIVE_INFINITY) > instantMs) high = middle;
    else low = middle + 1;
  }
  return low;
};

/** Spans that overlap the window, whole. */
export const overlapping = (spans: Spans, window: TimeSpan): Spans => {
  const first = firstAfter(spans, window.fromMs);
  let end = first;
  while ((spans[end]?.fromMs ?? Number.POSITIVE_INFINITY) < window.untilMs) end += 1;
  return spans.slice(first, end);
};

/** Gaps between spans that overlap the window, whole. */
export const gapsBetween = (spans: Spans, window: TimeSpan): TimeSpan[] => {
  const gaps: TimeSpan[] = [];
  let next = firstAfter(spans, window.fromMs);
  let fromMs = spans[next - 1]?.untilMs ?? Number.NEGATIVE_INFINITY;
  for (; fromMs < window.untilMs; next += 1) {
    const span = spans[next];
    const untilMs = span?.fromMs ?? Number.POSITIVE_INFINITY;
    if (untilMs > window.fromMs && untilMs > fromMs) gaps.push({ fromMs, untilMs });
    if (span === undefined) break;
    fromMs = span.untilMs;
  }
  return gaps;
};

/** Removes the time of the other spans. */
export const without = (spans: Spans, others: Spans): TimeSpan[] =>
  spans.flatMap((span) =>
    gapsBetween(others, span).map((gap) => ({
      fromMs: Math.max(gap.fromMs, span.fromMs),
      untilMs: Math.min(gap.untilMs, span.untilMs),
    })),
  );
