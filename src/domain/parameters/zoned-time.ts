const DAY_MS = 86_400_000;
const SECOND_MS = 1_000;
/** An instant's clock reading in a zone. `wall` holds it in its UTC fields. */
export type ZonedTime = { readonly epochMs: number; readonly offsetMs: number; readonly wall: Date };

const OFFSETS_PER_ZONE = 1_000;
const ZONES = 1_000;
type Zone = { readonly clock: Intl.DateTimeFormat; readonly offsets: Map<number, number> };
const zones = new Map<string, Zone>();

const openZone = (timezone: string): Zone => {
  const clock = new Intl.DateTimeFormat('en-US', {
    timeZone: timezone,
    calendar: 'iso8601',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  if (zones.size >= ZONES) zones.clear();
  const zone = { clock, offsets: new Map<number, number>() };
  zones.set(timezone, zone);
  return zone;
};

const readOffsetMs = ({ clock }: Zone, secondMs: number): number => {
  const field = { year: 1, month: 1, day: 1, hour: 0, minute: 0, second: 0 };
  for (const { type, value } of clock.formatToParts(secondMs)) {
    if (Object.hasOwn(field, type)) Object.assign(field, { [type]: Number(value) });
  }
  // Date.UTC takes the years 0 to 99 for 1900 to 1999; setUTCFullYear doesn't.
  const wall = new Date(0);
  wall.setUTCFullYear(field.year, field.month - 1, field.day);
  wall.setUTCHours(field.hour, field.minute, field.second);
  return wall.getTime() - secondMs;
};

/**
 * What the zone's clock is ahead of UTC, milliseconds.
 * Kept by whole second, on which every transition falls: the jobs of one slot ask for the same one.
 * @throws RangeError for a zone that isn't known
 */
export const offsetMsAt = (timezone: string, epochMs: number): number => {
  if (timezone === 'UTC') return 0;
  const zone = zones.get(timezone) ?? openZone(timezone);
  const second = Math.floor(epochMs / SECOND_MS);
  const known = zone.offsets.get(second);
  if (known !== undefined) return known;
  const offsetMs = readOffsetMs(zone, second * SECOND_MS);
  if (zone.offsets.size >= OFFSETS_PER_ZONE) zone.offsets.clear();
  zone.offsets.set(second, offsetMs);
  return offsetMs;
};

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
