import { zoneOf } from '../schedule/zone.ts';

const DAY_MS = 86_400_000;
/** An instant with its wall-clock time in a zone, which the UTC fields of `wall` have. */
export type ZonedTime = { readonly epochMs: number; readonly offsetMs: number; readonly wall: Date };

const offsetMsAt = (timezone: string, epochMs: number): number => zoneOf(timezone)(epochMs).offsetMs;

/** @throws RangeError for an unknown zone */
export const zonedTime = (timezone: string, epochMs: number): ZonedTime => {
  const offsetMs = offsetMsAt(timezone, epochMs);
  return { epochMs, offsetMs, wall: new Date(epochMs + offsetMs) };
};

/** The first instant at which the zone's clock has reached `wallMs`, searched for between `beforeMs` and `afterMs`. */
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
 * The instant at which the zone's clock shows `wallMs`, a wall-clock time given as if it were UTC. If the clock shows
 * it twice, the first instant; if the clock skips it, the end of the gap. Slots at fixed hours follow the same rule.
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
