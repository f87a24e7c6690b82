import { isInstantMs, toInstant } from '../values.ts';
import { compileSchedule, type Schedule, slots } from './schedule.ts';
import type { ScheduleText } from './schedule-text.ts';
import { clockText, dayAndClockText, dayText } from './words.ts';
import { type Period, type Zone, zoneOf } from './zone.ts';

export type ShownSlot = {
  readonly at: string;
  /** The wall-clock time with its offset from UTC, as in RFC 3339. */
  readonly local: string;
  /** When it is due, if a calendar moves it. */
  readonly dueAt?: string;
  /** How a change of the clock affects this slot; absent if it does not. */
  readonly note?: string;
};

/** How far to search for slots. Reading a zone is slow, and rare slots may be thousands of years away. */
const HORIZON_MS = 100 * 365.25 * 86_400_000;

/**
 * The first slots within a century after an instant, with a note on each that a change of the clock affects.
 * @param count the most slots to return
 * @throws ScheduleRejected
 */
export const shownSlots = (
  text: ScheduleText,
  { afterMs, count }: { readonly afterMs: number; readonly count: number },
): ShownSlot[] => {
  const schedule = compileSchedule(text);
  const zone = zoneOf(text.timezone);
  const note = noteWriter(schedule, zone);
  const untilMs = afterMs + HORIZON_MS;
  const shown: ShownSlot[] = [];
  for (const slotMs of slots(schedule, afterMs)) {
    if (shown.length === count || slotMs > untilMs) break;
    // On the first and last day that Carillon knows, the wall clock may show a year that four digits cannot.
    if (!isInstantMs(slotMs + zone(slotMs).offsetMs)) continue;
    const said = note(slotMs);
    const local = localText(slotMs, text.timezone);
    shown.push({ at: toInstant(slotMs), local, ...(said === undefined ? {} : { note: said }) });
  }
  return shown;
};

const noteWriter =
  ({ walls }: Schedule, zone: Zone) =>
  (slotMs: number): string | undefined => {
    const period = zone(slotMs);
    const wallMs = slotMs + period.offsetMs;
    if (slotMs === period.startMs && walls !== undefined) {
      const gapMs = slotMs + zone(slotMs - 1).offsetMs;
      const skippedMs = gapMs < wallMs ? walls.first(gapMs, wallMs) : undefined;
      if (skippedMs !== undefined) {
        const said = dayText(gapMs) === dayText(wallMs) ? clockText : dayAndClockText;
        return `the clock skips ${said(gapMs)} to ${said(wallMs)}: this slot replaces ${said(skippedMs)}`;
      }
    }
    if (wallMs < period.reachedMs) return `the clock was set back: ${clockText(wallMs)} occurs for the second time`;
    if (!comesAgain(zone, period, wallMs)) return undefined;
    return walls === undefined
      ? `the clock will be set back: ${clockText(wallMs)} occurs twice, and this is the first time`
      : `the clock will be set back: ${clockText(wallMs)} occurs twice, and only the first is a slot`;
  };

const comesAgain = (zone: Zone, { endMs, offsetMs }: Period, wallMs: number): boolean => {
  if (!Number.isFinite(endMs)) return false;
  const { offsetMs: nextMs } = zone(endMs);
  return nextMs < offsetMs && wallMs >= endMs + nextMs;
};

const MINUTE_MS = 60_000;

/** An instant in RFC 3339, with the zone's offset. */
export const localText = (slotMs: number, timezone: string): string => {
  const { offsetMs } = zoneOf(timezone)(slotMs);
  const wall = new Date(slotMs + offsetMs).toISOString().slice(0, 19);
  const minutes = Math.abs(Math.round(offsetMs / MINUTE_MS));
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${wall}${offsetMs < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
};
