import type { EventOf, RangeReason } from '../events/index.ts';
import type { Schedule } from '../schedule/index.ts';
import { toInstant } from '../values.ts';
import { type Runs, tailOf } from './tail.ts';

export type JobRef = { readonly tenant: string; readonly applicationId: number; readonly jobId: number };

type Range = {
  readonly job: JobRef;
  readonly runs: Runs;
  readonly schedule: Schedule;
  /** The range ends here, inclusive; epoch ms. */
  readonly untilMs: number;
  readonly reason: RangeReason;
};

/** A range of more slots than this is recorded without their number. */
export const COUNTED_AT_MOST = 10_000;

/**
 * Settles all slots after the cursor, up to `untilMs`, without a call. If no slot is due in between, there is no event,
 * and the cursor moves all the same.
 */
export const settleRange = (
  type: 'OccurrencesMissed' | 'OccurrencesSkipped',
  { job, runs, schedule, untilMs, reason }: Range,
): { readonly events: readonly EventOf<'OccurrencesMissed' | 'OccurrencesSkipped'>[]; readonly runs: Runs } => {
  if (untilMs <= runs.cursorMs) return { events: [], runs };
  const due = schedule.count(runs.cursorMs, untilMs, COUNTED_AT_MOST);
  const after = { ...runs, cursorMs: untilMs };
  if (due === undefined) return { events: [], runs: after };
  const data = {
    ...job,
    jobRevision: runs.jobRevision,
    after: toInstant(runs.cursorMs),
    until: toInstant(untilMs),
    first: toInstant(due.first),
    last: toInstant(due.last),
    ...(due.count === undefined ? {} : { count: due.count }),
    reason,
    tail: tailOf(after),
  };
  return { events: [{ type, data }], runs: after };
};
