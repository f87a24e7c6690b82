import type { CronPattern } from './cron-pattern.ts';
import { firstWall, lastWall } from './wall-times.ts';
import type { Zone } from './zone.ts';

/*
 * Slots of a pattern whose hour is `*` or a step of `*`. Such a pattern fires whenever the wall clock matches it. So
 * a time that the clock shows twice is two slots, and a time that the clock skips is no slot. The search goes through
 * the zone's periods one by one, since the offset is constant within each.
 */

/** The first slot after `afterMs` and before `untilMs`, all epoch ms. */
export const nextElapsed = (pattern: CronPattern, zone: Zone, span: { afterMs: number; untilMs: number }) => {
  for (let fromMs = span.afterMs + 1; fromMs < span.untilMs; ) {
    const { endMs, offsetMs } = zone(fromMs);
    const wallMs = firstWall(pattern, fromMs + offsetMs, Math.min(endMs, span.untilMs) + offsetMs);
    if (wallMs !== undefined) return wallMs - offsetMs;
    fromMs = endMs;
  }
  return undefined;
};

/** The last slot up to `atMs` and after `afterMs`, all epoch ms. */
export const previousElapsed = (pattern: CronPattern, zone: Zone, span: { atMs: number; afterMs: number }) => {
  for (let toMs = span.atMs; toMs > span.afterMs; ) {
    const { startMs, offsetMs } = zone(toMs);
    const wallMs = lastWall(pattern, toMs + offsetMs, Math.max(startMs, span.afterMs + 1) + offsetMs);
    if (wallMs !== undefined) return wallMs - offsetMs;
    toMs = startMs - 1;
  }
  return undefined;
};
