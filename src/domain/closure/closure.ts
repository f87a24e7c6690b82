import type { CatchUp, ClosureReason } from '../events/index.ts';

/** A span in which no slot of a job is called; epoch ms. */
export type Blackout = {
  readonly fromMs: number;
  /** Exclusive. */
  readonly untilMs: number;
  readonly reason: ClosureReason;
  /** Present where its slots are held back by pauses; all others are skipped. */
  readonly held?: Held;
};

/** Slots that are called once the pauses have ended that keep their job from being called. */
export type Held = {
  /** The latest of them is called, or each. */
  readonly catchUp: Exclude<CatchUp, 'skip'>;
  /** When the last of these pauses ends without which the job would be called before; epoch ms. */
  readonly untilMs: number;
};

/** The closures of a job that have an instant in (afterMs, untilMs]: in order, and apart from each other. */
export type Blackouts = (afterMs: number, untilMs: number) => readonly Blackout[];

const NONE: readonly Blackout[] = Object.freeze([]);

export const NO_CLOSURES: Blackouts = () => NONE;

/** The closure that an instant falls in. */
export const closureAt = (closures: Blackouts, instantMs: number): Blackout | undefined =>
  closures(instantMs - 1, instantMs)[0];

/** The same where nothing is held back: all their slots are skipped. */
export const withoutHolds =
  (closures: Blackouts): Blackouts =>
  (afterMs, untilMs) =>
    closures(afterMs, untilMs).map(({ held: _, ...closure }) => closure);

/** A span of time, epoch ms; `untilMs` is exclusive. */
export type TimeSpan = { readonly fromMs: number; readonly untilMs: number };

/** Spans in order, and apart from each other. */
export type Spans = readonly TimeSpan[];

/** The time that is in any of these spans, which may come in any order. */
export const union = (given: Iterable<TimeSpan>): TimeSpan[] => {
  const joined: TimeSpan[] = [];
  for (const span of [...given].sort((a, b) => a.fromMs - b.fromMs)) {
    const last = joined.at(-1);
    if (last === undefined || span.fromMs > last.untilMs) joined.push(span);
    else if (span.untilMs > last.untilMs) joined[joined.length - 1] = { ...last, untilMs: span.untilMs };
  }
  return joined;
};

/** Where the first span stands that ends after this instant. */
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

/** The spans that have an instant in common with the window, whole. */
export const overlapping = (spans: Spans, window: TimeSpan): Spans => {
  const first = firstAfter(spans, window.fromMs);
  let end = first;
  while ((spans[end]?.fromMs ?? Number.POSITIVE_INFINITY) < window.untilMs) end += 1;
  return spans.slice(first, end);
};

/** The gaps between spans that have an instant in common with the window, whole. */
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

/** What is left of the spans without the time of the others. */
export const without = (spans: Spans, others: Spans): TimeSpan[] =>
  spans.flatMap((span) =>
    gapsBetween(others, span).map((gap) => ({
      fromMs: Math.max(gap.fromMs, span.fromMs),
      untilMs: Math.min(gap.untilMs, span.untilMs),
    })),
  );
