import type { Blackout, Blackouts } from '../closure/closure.ts';
import type { EventOf, OpenExecution, RangeReason } from '../events/index.ts';
import type { RunRules } from '../job/rules.ts';
import type { JobSlots } from '../schedule/index.ts';
import { toInstant } from '../values.ts';
import { deferSpan, firstDeferredMs } from './deferred-slots.ts';
import { type Runs, tailOf } from './tail.ts';

export type JobRef = { readonly tenant: string; readonly applicationId: number; readonly jobId: number };

export type RangeType = 'OccurrencesMissed' | 'OccurrencesSkipped';
export type RangeEvent = EventOf<RangeType>;

/** The events that settle slots, and the runs after them: as before where no slot was due. */
export type SettleResult = { readonly events: readonly RangeEvent[]; readonly runs: Runs };

type Range = {
  readonly job: JobRef;
  readonly runs: Runs;
  readonly slots: JobSlots;
  /** The range ends here, inclusive; epoch ms. */
  readonly untilMs: number;
  readonly type: RangeType;
  readonly reason: RangeReason;
};

/** A range of more slots than this is recorded without their number. */
export const COUNTED_AT_MOST = 10_000;

/** Settles all slots after the cursor, up to `untilMs`, without a call. */
export const settleRange = ({ job, runs, slots, untilMs, type, reason }: Range): SettleResult => {
  const after = { ...runs, cursorMs: Math.max(untilMs, runs.cursorMs) };
  const event = rangeEvent({ job, runs: after, slots, span: { afterMs: runs.cursorMs, untilMs }, type, reason });
  return event === undefined ? { events: [], runs } : { events: [event], runs: after };
};

type RangeEventInput = Pick<Range, 'job' | 'slots' | 'type' | 'reason'> & {
  readonly span: { readonly afterMs: number; readonly untilMs: number };
  /** The runs after the event. */
  readonly runs: Runs;
};

/** The event that says what became of the slots of a span; undefined where none is due in it. */
export const rangeEvent = ({ job, runs, slots, span, type, reason }: RangeEventInput): RangeEvent | undefined => {
  const { afterMs, untilMs } = span;
  const due = untilMs <= afterMs ? undefined : slots.count(afterMs, untilMs, COUNTED_AT_MOST);
  if (due === undefined) return undefined;
  return {
    type,
    data: {
      ...job,
      jobRevision: runs.jobRevision,
      after: toInstant(afterMs),
      until: toInstant(untilMs),
      first: toInstant(due.first),
      last: toInstant(due.last),
      ...(due.count === undefined ? {} : { count: due.count }),
      reason,
      tail: tailOf(runs),
    },
  };
};

type UntilInput = Range & {
  readonly closures: Blackouts;
  readonly rules: RunRules;
  readonly nowMs: number;
};

/**
 * Settles slots as `settleRange` does; those in a closure are skipped for its reason instead, or kept. It ends before slots
 * that are held back still.
 */
export const settleUntil = ({ nowMs, ...range }: UntilInput): SettleResult => {
  const events: RangeEvent[] = [];
  let { runs } = range;
  if (range.untilMs <= runs.cursorMs) return { events, runs };
  const take = (settled: SettleResult): void => {
    events.push(...settled.events);
    runs = settled.runs;
  };
  for (const closure of range.closures(runs.cursorMs, range.untilMs)) {
    take(settleRange({ ...range, runs, untilMs: Math.min(closure.fromMs - 1, range.untilMs) }));
    const isHeld = closure.held !== undefined && closure.held.untilMs > nowMs;
    if (isHeld && (range.slots.next(runs.cursorMs) ?? closure.untilMs) < closure.untilMs) return { events, runs };
    take(settleClosure(runs, closure, range));
  }
  take(settleRange({ ...range, runs }));
  return { events, runs };
};

/** Skips the slots in a closure, or keeps those that it held back. */
export const settleClosure = (
  runs: Runs,
  { reason, held, ...closure }: Blackout,
  input: Omit<UntilInput, 'runs' | 'type' | 'reason' | 'nowMs'>,
): SettleResult => {
  const untilMs = Math.min(closure.untilMs - 1, input.untilMs);
  const skip = { ...input, runs, type: 'OccurrencesSkipped' as const, reason };
  if (held === undefined) return settleRange({ ...skip, untilMs });
  const keptMs = firstDeferredMs(runs, held, { ...input, untilMs: held.untilMs });
  const { events, runs: after } = settleRange({ ...skip, untilMs: Math.min(keptMs - 1, untilMs) });
  return { events, runs: deferSpan(after, untilMs, input.slots) };
};

/** The fields that every event of an execution has. */
export const executionOf = (
  job: JobRef,
  open: OpenExecution,
  labels: Readonly<Record<string, string>> | undefined,
) => ({
  ...job,
  executionId: open.executionId,
  trigger: open.trigger,
  scheduledAt: open.scheduledAt,
  createdAt: open.createdAt,
  ...(open.createdBy === undefined ? {} : { createdBy: open.createdBy }),
  ...(labels === undefined ? {} : { labels: { ...labels } }),
  ...(open.rerunOf === undefined ? {} : { rerunOf: open.rerunOf }),
  ...(open.backfillId === undefined ? {} : { backfillId: open.backfillId }),
  ...(open.definitionRevision === undefined ? {} : { definitionRevision: open.definitionRevision }),
  ...(open.inputRevision === undefined ? {} : { inputRevision: open.inputRevision }),
});
