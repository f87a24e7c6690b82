import { instantOfWall, zonedTime } from './zoned-time.ts';

export const UNITS = ['s', 'm', 'h', 'd', 'w', 'M', 'y'] as const;
export type Unit = (typeof UNITS)[number];
/** How far from the slot; `amount` may be negative. */
export type Shift = { readonly amount: number; readonly unit: Unit };

// Two days from the ends of the years 1 to 9999, so that no zone's clock leaves them.
const FIRST_MS = -62_135_596_800_000 + 2 * 86_400_000;
const LAST_MS = 253_402_300_799_999 - 2 * 86_400_000;
const clamp = (ms: number): number => (Number.isNaN(ms) ? LAST_MS : Math.min(LAST_MS, Math.max(FIRST_MS, ms)));

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
 * Seconds, minutes and hours elapse; days, weeks, months and years are counted on the zone's calendar at the same
 * clock time, a day that the month lacks becoming its last one. What would leave the years 1 to 9999 stops there.
 */
export const shifted = (epochMs: number, shift: Shift, timezone: string): number => {
  const { amount, unit } = shift;
  if (amount === 0) return clamp(epochMs);
  switch (unit) {
    case 's':
    case 'm':
    case 'h':
      return clamp(epochMs + amount * ELAPSED_MS[unit]);
    case 'd':
    case 'w': {
      const { wall } = zonedTime(timezone, clamp(epochMs));
      wall.setUTCDate(wall.getUTCDate() + amount * CALENDAR_DAYS[unit]);
      return clamp(instantOfWall(timezone, clamp(wall.getTime())));
    }
    case 'M':
    case 'y': {
      const { wall } = zonedTime(timezone, clamp(epochMs));
      return clamp(instantOfWall(timezone, clamp(addMonths(wall, amount * CALENDAR_MONTHS[unit]))));
    }
  }
};
