import type { SlotFinder, Walls } from './slot-finder.ts';
import type { Zone } from './zone.ts';

/*
 * Slots of a pattern whose hour is `*` or a step of `*`. Such a pattern fires whenever the wall clock matches it. So
 * a time that the clock shows twice is two slots, and a time that the clock skips is no slot. The search goes through
 * the zone's periods one by one, since the offset is constant within each.
 */

export const realTimeSlots = (walls: Walls, zone: Zone): SlotFinder => ({
  first: ({ afterMs, untilMs }) => {
    for (let fromMs = afterMs + 1; fromMs < untilMs; ) {
      const { endMs, offsetMs } = zone(fromMs);
      const wallMs = walls.first(fromMs + offsetMs, Math.min(endMs, untilMs) + offsetMs);
      if (wallMs !== undefined) return wallMs - offsetMs;
      fromMs = endMs;
    }
    return undefined;
  },
  last: ({ atMs, afterMs }) => {
    for (let toMs = atMs; toMs > afterMs; ) {
      const { startMs, offsetMs } = zone(toMs);
      const wallMs = walls.last(toMs + offsetMs, Math.max(startMs, afterMs + 1) + offsetMs);
      if (wallMs !== undefined) return wallMs - offsetMs;
      toMs = startMs - 1;
    }
    return undefined;
  },
});
