import { MAX_OFFSET_MS, type Zone, zoneOf } from './zone.ts';

/** Finds slots, without regard to when a job's schedule starts and ends. All in epoch ms. */
export type SlotFinder = {
  /** The first slot after `afterMs` and before `untilMs`. */
  readonly first: (span: { readonly afterMs: number; readonly untilMs: number }) => number | undefined;
  /** The last slot up to `atMs` and after `afterMs`. */
  readonly last: (span: { readonly atMs: number; readonly afterMs: number }) => number | undefined;
  /** How many slots there are from one to another, both included. Absent if they can only be counted one by one. */
  readonly countBetween?: (firstMs: number, lastMs: number) => number;
  /** The wall-clock times that fire once each. Absent if slots go by elapsed time. */
  readonly walls?: Walls;
};

/** Finds wall-clock times: milliseconds as if the wall clock showed UTC. */
export type Walls = {
  /** The first one at or after `fromMs` and before `untilMs`. */
  readonly first: (fromMs: number, untilMs: number) => number | undefined;
  /** The last one at or before `toMs` and at or after `fromMs`. */
  readonly last: (toMs: number, fromMs: number) => number | undefined;
};

/*
 * Slots of a pattern with fixed hours, or of a calendar interval. Each wall-clock time fires once: at the first instant
 * at which the wall clock has reached or passed that time. It follows that:
 * - a time that the clock skips fires at the end of the gap;
 * - a time that the clock shows twice fires the first time;
 * - a later wall-clock time never fires earlier. So the slots after an instant are those of the wall-clock times that
 *   are later than any that the clock had shown by then.
 */

/** The first instant at which the wall clock has reached or passed `wallMs`. */
export const instantOf = (zone: Zone, wallMs: number): number => {
  let period = zone(wallMs - MAX_OFFSET_MS);
  while (period.endMs + period.offsetMs <= wallMs) period = zone(period.endMs);
  return Math.max(period.startMs, wallMs - period.offsetMs);
};

/** When the clock of a zone first reaches or passes a time, epoch ms. @param wallMs the time, as if the clock showed UTC */
export const wallToInstantMs = (timezone: string, wallMs: number): number => instantOf(zoneOf(timezone), wallMs);

/** The latest wall-clock time, in ms, that the clock has shown up to this instant. */
export const reachedBy = (zone: Zone, instantMs: number): number => {
  const { offsetMs, reachedMs } = zone(instantMs);
  return Math.max(instantMs + offsetMs, reachedMs - 1);
};

export const placedSlots = (walls: Walls, zone: Zone): SlotFinder => ({
  walls,
  first: ({ afterMs, untilMs }) => {
    const wallMs = walls.first(reachedBy(zone, afterMs) + 1, untilMs + MAX_OFFSET_MS);
    if (wallMs === undefined) return undefined;
    const slotMs = instantOf(zone, wallMs);
    return slotMs < untilMs ? slotMs : undefined;
  },
  last: ({ atMs, afterMs }) => {
    const wallMs = walls.last(reachedBy(zone, atMs), afterMs - MAX_OFFSET_MS);
    if (wallMs === undefined) return undefined;
    const slotMs = instantOf(zone, wallMs);
    return slotMs > afterMs ? slotMs : undefined;
  },
});
