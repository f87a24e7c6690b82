import type { Blackout, Blackouts } from '../closure/closure.ts';
import type { EventOf, OpenExecution, RangeReason } from '../events/index.ts';
import type { RunRules } from '../job/rules.ts';
import type { JobSlots } from '../schedule/index.ts';
import { toInstant } from '../values.ts';
import { deferSpan, firstDeferredMs } from './deferred-slots.ts';
import { type Runs, tailOf } from './tail.ts';

/** The job of runs. Its labels are recorded with its executions. */
export type JobRef = {
  readonly tenant: string;
  readonly applicationId: number;
  readonly jobId: number;
  readonly labels?: Readonly<Record<string, string>> | undefined;
};

/** What each event states of its job. */
export const idsOf = ({ tenant, applicationId, jobId }: JobRef) => ({ tenant, applicationId, jobId });

export type RangeType = 'OccurrencesMissed' | 'OccurrencesSkipped';
export type RangeEvent = EventOf<RangeType>;

/** The events that settle slots, and the runs after them; unchanged if no slot was due. */
export type SettleResult = { readonly events: readonly RangeEvent[]; readonly runs: Runs };

type Range = {
  readonly job: JobRef;
  readonly runs: Runs;
  readonly slots: JobSlots;
  /** Inclusive end of the range, epoch ms. */
  readonly untilMs: number;
  readonly type: RangeType;
  readonly reason: RangeReason;
};

/** A larger range is recorded without a count. */
export const COUNTED_AT_MOST = 10_000;

/** Settles all slots after the cursor, up to `untilMs`, without a call. */
export const settleRange = ({ job, runs, slots, untilMs, type, reason }: Range): SettleResult => {
  const after = { ...runs, cursorMs: Math.max(untilMs, runs.cursorMs) };
  const event = rangeEvent({ job, runs: after, slots, span: { afterMs: runs.cursorMs, untilMs }, type, reason });
  return event === undefined ? { events: [], runs } : { events: [event], runs: after };
};

type RangeEventInput = Pick<Range, 'job' | 'slots' | 'type' | 'reason'> & {
  readonly span: { readonly afterMs: number; readonly untilMs: number };
  readonly runs: Runs;
};

/** The event that settles the slots of a span; `undefined` if none is due in it. */
export const rangeEvent = ({ job, runs, slots, span, type, reason }: RangeEventInput): RangeEvent | undefined => {
  const { afterMs, untilMs } = span;
  const due = untilMs <= afterMs ? undefined : slots.count(afterMs, untilMs, COUNTED_AT_MOST);
  if (due === undefined) return undefined;
  return {
    type,
    data: {
      ...idsOf(job),
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

/** Settles slots like `settleRange`, but skips or defers slots in blackouts. Stops before slots that are still deferred. */
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

/** Skips the slots in a blackout, or keeps those that it deferred. */
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

/** The fields common to all events of an execution. */
export const executionOf = (job: JobRef, open: OpenExecution) => ({
  ...idsOf(job),
  executionId: open.executionId,
  trigger: open.trigger,
  scheduledAt: open.scheduledAt,
  ...(open.dueAt === undefined ? {} : { dueAt: open.dueAt }),
  createdAt: open.createdAt,
  ...(open.createdBy === undefined ? {} : { createdBy: open.createdBy }),
  ...(job.labels === undefined ? {} : { labels: { ...job.labels } }),
  ...(open.rerunOf === undefined ? {} : { rerunOf: open.rerunOf }),
  ...(open.backfillId === undefined ? {} : { backfillId: open.backfillId }),
  ...(open.definitionRevision === undefined ? {} : { definitionRevision: open.definitionRevision }),
  ...(open.inputRevision === undefined ? {} : { inputRevision: open.inputRevision }),
  ...(open.offers === undefined ? {} : { offers: open.offers }),
});
