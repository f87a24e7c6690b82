import { mix } from '../mix.ts';
import type { JobSlots, Schedule } from './schedule.ts';

type JobSlotsInput = {
  readonly schedule: Schedule;
  readonly jobId: number;
  /** 0 for none. */
  readonly jitterMs: number;
};

const WORD = 2 ** 32;

/** The same for the same slot of a job in every process, and spread evenly over [0, 1). */
const fractionOf = (jobId: number, slotMs: number): number =>
  mix(mix(mix(jobId) ^ slotMs) ^ Math.floor(slotMs / WORD)) / WORD;

/**
 * The slots of a job, due later by its jitter, which spreads the calls of jobs that share their slots. Where the next
 * slot is nearer than the jitter, the due instant is drawn from the time up to it, so that slots become due in their
 * order.
 */
export const jobSlots = ({ schedule, jobId, jitterMs }: JobSlotsInput): JobSlots => {
  if (jitterMs === 0) return schedule;
  const { next, previous, count } = schedule;
  const dueMs = (slotMs: number): number => {
    const nextMs = next(slotMs) ?? Number.POSITIVE_INFINITY;
    return slotMs + Math.floor(fractionOf(jobId, slotMs) * Math.min(jitterMs, nextMs - slotMs));
  };
  return {
    next,
    previous,
    count,
    dueMs,
    lastDue: (nowMs, notBeforeMs) => {
      const slotMs = previous(nowMs, notBeforeMs);
      if (slotMs === undefined || dueMs(slotMs) <= nowMs) return slotMs;
      return previous(slotMs - 1, notBeforeMs);
    },
  };
};
