import { isInstantMs } from '../values.ts';
import { instantOfWall, zonedTime } from './zoned-time.ts';

export const UNITS = ['s', 'm', 'h', 'd', 'w', 'M', 'y'] as const;
export type Unit = (typeof UNITS)[number];
/** A distance from the slot. `amount` may be negative. */
export type Shift = { readonly amount: number; readonly unit: Unit };

const ELAPSED_MS = { s: 1_000, m: 60_000, h: 3_600_000 } as const;
const CALENDAR_DAYS = { d: 1, w: 7 } as const;
const CALENDAR_MONTHS = { M: 1, y: 12 } as const;

const addMonths = (wall: Date, months: number): number => {
  const moved = new Date(wall);
  moved.setUTCDate(1);
  moved.setUTCMonth(moved.getUTCMonth() + months);
  const lastDay = new Date(moved);
  lastDay.setUTCMonth(lastDay.getUTCMonth() + 1);
  lastDay.setUTCDate(0);
  moved.setUTCDate(Math.min(wall.getUTCDate(), lastDay.getUTCDate()));
  return moved.getTime();
};

/**
 * Shifts an instant. Seconds, minutes and hours are elapsed time. Days, weeks, months and years are counted on the
 * zone's calendar, at the same time of day; if the month has no such day, its last day is taken. Undefined if the
 * result is outside the years 1 to 9999.
 */
export const shifted = (epochMs: number, shift: Shift, timezone: string): number | undefined => {
  const { amount, unit } = shift;
  if (amount === 0) return epochMs;
  switch (unit) {
    case 's':
    case 'm':
    case 'h':
      return within(epochMs + amount * ELAPSED_MS[unit]);
    case 'd':
    case 'w': {
      const { wall } = zonedTime(timezone, epochMs);
      wall.setUTCDate(wall.getUTCDate() + amount * CALENDAR_DAYS[unit]);
      return instantWithin(timezone, wall.getTime());
    }
    case 'M':
    case 'y': {
      const { wall } = zonedTime(timezone, epochMs);
      return instantWithin(timezone, addMonths(wall, amount * CALENDAR_MONTHS[unit]));
    }
  }
};

const within = (ms: number): number | undefined => (isInstantMs(ms) ? ms : undefined);
const instantWithin = (timezone: string, wallMs: number): number | undefined =>
  isInstantMs(wallMs) ? within(instantOfWall(timezone, wallMs)) : undefined;
