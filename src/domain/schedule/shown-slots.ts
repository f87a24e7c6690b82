import { isInstantMs, toInstant } from '../values.ts';
import { readPattern } from './cron-pattern.ts';
import { compileSchedule, type ScheduleText, slots } from './schedule.ts';
import { firstWall } from './wall-times.ts';
import { type Period, zoneOf } from './zone.ts';

/** A slot for reading. */
export type ShownSlot = {
  /** Instant. */
  readonly at: string;
  /** What the clock on the wall shows, with its distance from UTC. */
  readonly local: string;
  /** What a change of the clock does to this slot. */
  readonly note?: string;
};

/** Rare slots would have the zone's rules read for thousands of years: 150 ms a century. */
const HORIZON_MS = 100 * 365.25 * 86_400_000;

/**
 * The first slots within a century after an instant, with notes where the zone's clock is changed.
 * @param count at most so many
 * @throws ScheduleRefused
 */
export const shownSlots = (
  text: ScheduleText,
  { afterMs, count }: { readonly afterMs: number; readonly count: number },
): ShownSlot[] => {
  const schedule = compileSchedule(text);
  const note = noteWriter(text);
  const zone = zoneOf(text.timezone);
  const untilMs = afterMs + HORIZON_MS;
  const shown: ShownSlot[] = [];
  for (const slotMs of slots(schedule, afterMs)) {
    if (shown.length === count || slotMs > untilMs) break;
    const { offsetMs } = zone(slotMs);
    // On the first or last day of time the zone's clock is in a year that has no four digits.
    if (!isInstantMs(slotMs + offsetMs)) continue;
    const said = note(slotMs);
    const local = localText(slotMs, offsetMs);
    shown.push({ at: toInstant(slotMs), local, ...(said === undefined ? {} : { note: said }) });
  }
  return shown;
};

const noteWriter = ({ pattern: text, timezone }: ScheduleText): ((slotMs: number) => string | undefined) => {
  const zone = zoneOf(timezone);
  const pattern = readPattern(text);
  return (slotMs) => {
    const period = zone(slotMs);
    const wallMs = slotMs + period.offsetMs;
    if (slotMs === period.startMs && !pattern.followsRealTime) {
      const gapMs = slotMs + zone(slotMs - 1).offsetMs;
      const skippedMs = gapMs < wallMs ? firstWall(pattern, gapMs, wallMs) : undefined;
      if (skippedMs !== undefined) {
        const said = dayText(gapMs) === dayText(wallMs) ? clockText : dayAndClockText;
        return `the clock skips ${said(gapMs)} to ${said(wallMs)}: this slot stands for ${said(skippedMs)}`;
      }
    }
    if (wallMs < period.reachedMs) return `the clock was set back: ${clockText(wallMs)} comes for the second time`;
    if (!comesAgain(zone, period, wallMs)) return undefined;
    return pattern.followsRealTime
      ? `the clock will be set back: ${clockText(wallMs)} comes again, and is a slot of its own`
      : `the clock will be set back: ${clockText(wallMs)} comes twice, and only the first time is a slot`;
  };
};

const comesAgain = (zone: (ms: number) => Period, { endMs, offsetMs }: Period, wallMs: number): boolean => {
  if (!Number.isFinite(endMs)) return false;
  const { offsetMs: nextMs } = zone(endMs);
  return nextMs < offsetMs && wallMs >= endMs + nextMs;
};

const MINUTE_MS = 60_000;

const dayText = (wallMs: number): string => new Date(wallMs).toISOString().slice(0, 10);
const dayAndClockText = (wallMs: number): string => `${dayText(wallMs)} ${clockText(wallMs)}`;

/** A wall-clock time of day, with its seconds where it has any. */
const clockText = (wallMs: number): string => {
  const time = new Date(wallMs).toISOString().slice(11, 19);
  return time.endsWith(':00') ? time.slice(0, 5) : time;
};

/** RFC 3339. */
const localText = (slotMs: number, offsetMs: number): string => {
  const wall = new Date(slotMs + offsetMs).toISOString().slice(0, 19);
  const minutes = Math.abs(Math.round(offsetMs / MINUTE_MS));
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${wall}${offsetMs < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
};
