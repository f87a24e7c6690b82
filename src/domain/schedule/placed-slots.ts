import type { CronPattern } from './cron-pattern.ts';
import { firstWall, lastWall } from './wall-times.ts';
import { MOST_OFFSET_MS, type Zone } from './zone.ts';

/*
 * Slots of a pattern with fixed hours. Each of its wall-clock times fires once: at the first instant at which the wall
 * clock has reached or passed that time. It follows that:
 * - a time that the clock skips fires at the end of the gap;
 * - a time that the clock shows twice fires the first time;
 * - a later wall-clock time never fires earlier. So the slots after an instant are those of the wall-clock times that
 *   are later than any that the clock had shown by then.
 */

/** The first instant at which the wall clock has reached or passed `wallMs`. */
const instantOf = (zone: Zone, wallMs: number): number => {
  let period = zone(wallMs - MOST_OFFSET_MS);
  while (period.endMs + period.offsetMs <= wallMs) period = zone(period.endMs);
  return Math.max(period.startMs, wallMs - period.offsetMs);
};

/** The latest wall-clock time, in ms, that the clock has shown up to this instant. */
const reachedBy = (zone: Zone, instantMs: number): number => {
  const { offsetMs, reachedMs } = zone(instantMs);
  return Math.max(instantMs + offsetMs, reachedMs - 1);
};

/** The first slot after `afterMs` and before `untilMs`, all epoch ms. */
export const nextPlaced = (pattern: CronPattern, zone: Zone, span: { afterMs: number; untilMs: number }) => {
  const wallMs = firstWall(pattern, reachedBy(zone, span.afterMs) + 1, span.untilMs + MOST_OFFSET_MS);
  if (wallMs === undefined) return undefined;
  const slotMs = instantOf(zone, wallMs);
  return slotMs < span.untilMs ? slotMs : undefined;
};

/** The last slot up to `atMs` and after `afterMs`, all epoch ms. */
export const previousPlaced = (pattern: CronPattern, zone: Zone, span: { atMs: number; afterMs: number }) => {
  const wallMs = lastWall(pattern, reachedBy(zone, span.atMs), span.afterMs - MOST_OFFSET_MS);
  if (wallMs === undefined) return undefined;
  const slotMs = instantOf(zone, wallMs);
  return slotMs > span.afterMs ? slotMs : undefined;
};
