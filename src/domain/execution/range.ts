import type { Closures } from '../closure/closure.ts';
import type { EventOf, RangeReason } from '../events/index.ts';
import type { JobSlots } from '../schedule/index.ts';
import { toInstant } from '../values.ts';
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

/** Settles slots as `settleRange` does; those in a closure are skipped for its reason instead. */
export const settleUntil = ({ closures, ...range }: Range & { readonly closures: Closures }): SettleResult => {
  const events: RangeEvent[] = [];
  let { runs } = range;
  if (range.untilMs <= runs.cursorMs) return { events, runs };
  const settle = (as: Pick<Range, 'untilMs' | 'type' | 'reason'>): void => {
    const settled = settleRange({ ...range, ...as, runs });
    events.push(...settled.events);
    runs = settled.runs;
  };
  for (const { fromMs, untilMs, reason } of closures(runs.cursorMs, range.untilMs)) {
    settle({ ...range, untilMs: Math.min(fromMs - 1, range.untilMs) });
    settle({ untilMs: Math.min(untilMs - 1, range.untilMs), type: 'OccurrencesSkipped', reason });
  }
  settle(range);
  return { events, runs };
};
