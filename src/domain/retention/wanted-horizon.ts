import { type Duration, durationMs } from '../duration.ts';
import type { Retention } from '../events/index.ts';

/** Deadlines, lateness and retries may take 30 days, and rates count over 31: nothing younger expires. */
export const MIN_RETENTION = '32d' satisfies Duration;

type WantedInput = {
  /** Of the job, or else of its application; undefined where neither says anything. */
  readonly retention: Retention | undefined;
  /** How long the installation keeps executions at the most, ms; undefined: for ever. */
  readonly longestMs: number | undefined;
  /** When the execution was created that `keepLast` counts last, from the newest on; undefined where there are fewer. */
  readonly lastKeptMs: number | undefined;
  readonly nowMs: number;
};

/**
 * Up to when executions of a job are to expire, epoch ms; undefined where none are. The last ones are kept beyond their
 * age, but no longer than the installation keeps any.
 */
export const wantedHorizonMs = ({ retention, longestMs, lastKeptMs, nowMs }: WantedInput): number | undefined => {
  const never = Number.NEGATIVE_INFINITY;
  const longest = longestMs === undefined ? never : nowMs - longestMs;
  const aged = retention === undefined ? never : nowMs - durationMs(retention.maxAge);
  const own = retention?.keepLast === undefined ? aged : Math.min(aged, lastKeptMs ?? never);
  const wantedMs = Math.max(longest, own);
  return wantedMs === never ? undefined : wantedMs;
};
