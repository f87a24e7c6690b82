import { mix } from '../mix.ts';
import type { Schedule } from './schedule.ts';

/** A job's slots with the instants at which they are due: its jitter later. All in epoch ms. */
export type JobSlots = {
  /** When a slot is due: less than the jitter after it, and always before the next slot. */
  readonly dueMs: (slotMs: number) => number;
  /** The latest slot after `afterMs` that is due by `nowMs`. */
  readonly lastDue: (nowMs: number, afterMs: number) => number | undefined;
  /** When the first slot after `afterMs` is due. */
  readonly nextDue: (afterMs: number) => number | undefined;
};

type JobSlotsInput = {
  readonly schedule: Pick<Schedule, 'next' | 'previous'>;
  readonly jobId: number;
  /** 0 for none. */
  readonly jitterMs: number;
};

const WORD = 2 ** 32;

/** The same for the same slot of a job in every process, and spread evenly over [0, 1). */
const fractionOf = (jobId: number, slotMs: number): number =>
  mix(mix(mix(jobId) ^ slotMs) ^ Math.floor(slotMs / WORD)) / WORD;

/**
 * Spreads the calls of jobs that share their slots. Where the next slot is nearer than the jitter, the slot's due
 * instant is drawn from the time up to it, so that slots become due in their order.
 */
export const jobSlots = ({ schedule, jobId, jitterMs }: JobSlotsInput): JobSlots => {
  const dueMs = (slotMs: number): number => {
    if (jitterMs === 0) return slotMs;
    const nextMs = schedule.next(slotMs) ?? Number.POSITIVE_INFINITY;
    return slotMs + Math.floor(fractionOf(jobId, slotMs) * Math.min(jitterMs, nextMs - slotMs));
  };
  return {
    dueMs,
    lastDue: (nowMs, afterMs) => {
      const slotMs = schedule.previous(nowMs, afterMs);
      if (slotMs === undefined || dueMs(slotMs) <= nowMs) return slotMs;
      return schedule.previous(slotMs - 1, afterMs);
    },
    nextDue: (afterMs) => {
      const slotMs = schedule.next(afterMs);
      return slotMs === undefined ? undefined : dueMs(slotMs);
    },
  };
};
