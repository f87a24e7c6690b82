import { zoneOf } from '../schedule/zone.ts';

const DAY_MS = 86_400_000;
/** An instant's clock reading in a zone. `wall` holds it in its UTC fields. */
export type ZonedTime = { readonly epochMs: number; readonly offsetMs: number; readonly wall: Date };

const offsetMsAt = (timezone: string, epochMs: number): number => zoneOf(timezone)(epochMs).offsetMs;

/** @throws RangeError for a zone that isn't known */
export const zonedTime = (timezone: string, epochMs: number): ZonedTime => {
  const offsetMs = offsetMsAt(timezone, epochMs);
  return { epochMs, offsetMs, wall: new Date(epochMs + offsetMs) };
};

/** The instant from which on the zone's clock has passed `wallMs`: between two that are on either side of it. */
const passedAt = (timezone: string, wallMs: number, span: { beforeMs: number; afterMs: number }): number => {
  let { beforeMs, afterMs } = span;
  while (afterMs - beforeMs > 1) {
    const middleMs = Math.floor((beforeMs + afterMs) / 2);
    if (middleMs + offsetMsAt(timezone, middleMs) >= wallMs) afterMs = middleMs;
    else beforeMs = middleMs;
  }
  return afterMs;
};

/**
 * The instant at which the zone's clock shows `wallMs` (a wall-clock time in UTC fields): the first of two, and where
 * the clock skips that time, the first instant after the gap. So are a schedule's slots placed.
 */
export const instantOfWall = (timezone: string, wallMs: number): number => {
  const earlierMs = offsetMsAt(timezone, wallMs - DAY_MS);
  const laterMs = offsetMsAt(timezone, wallMs + DAY_MS);
  const ahead = Math.max(earlierMs, laterMs);
  const behind = Math.min(earlierMs, laterMs);
  for (const offsetMs of [ahead, behind]) {
    if (offsetMsAt(timezone, wallMs - offsetMs) === offsetMs) return wallMs - offsetMs;
  }
  return passedAt(timezone, wallMs, { beforeMs: wallMs - ahead, afterMs: wallMs - behind });
};
