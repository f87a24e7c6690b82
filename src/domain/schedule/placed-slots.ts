import type { CronPattern } from './cron-pattern.ts';
import { firstWall, lastWall } from './wall-times.ts';
import { MOST_OFFSET_MS, type Zone } from './zone.ts';

/*
 * A pattern with fixed hours: each of its wall-clock times fires once, at the first instant at which the clock on the
 * wall has reached it. That one rule puts the times of a gap at its end, those of a repeat at their first coming, and
 * makes slots increase. So a slot is after `t` exactly if its time is beyond all that the clock had shown until `t`.
 */

/** The first instant at which the clock has reached `wallMs`. */
const instantOf = (zone: Zone, wallMs: number): number => {
  let period = zone(wallMs - MOST_OFFSET_MS);
  while (period.endMs + period.offsetMs <= wallMs) period = zone(period.endMs);
  return Math.max(period.startMs, wallMs - period.offsetMs);
};

/** The furthest that the clock has been by this instant, epoch ms of the wall. */
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
