import type { Walk } from './oracle.ts';

/*
 * Says which slots an interval of the calendar has by walking: from one wall-clock time to the next, date by date, and
 * through real time, tick by tick. Slow, plain, and written apart from the code that it judges.
 */

export type OracleInterval = { readonly count: number; readonly unit: 'd' | 'w' | 'mo' };

/** What is counted from: an instant of the walk, and whether it is a slot itself. */
export type OracleAnchor = { readonly atMs: number; readonly isSlot: boolean };

/** The wall-clock time `steps` units of one after `startMs`, found by turning the pages of a calendar. */
const later = (startMs: number, { count, unit }: OracleInterval, steps: number): number => {
  const date = new Date(startMs);
  if (unit !== 'mo') {
    for (let day = 0; day < steps * count * (unit === 'w' ? 7 : 1); day++) date.setUTCDate(date.getUTCDate() + 1);
    return date.getTime();
  }
  const day = date.getUTCDate();
  date.setUTCDate(1);
  for (let month = 0; month < steps * count; month++) date.setUTCMonth(date.getUTCMonth() + 1);
  const month = date.getUTCMonth();
  date.setUTCDate(day);
  while (date.getUTCMonth() !== month) date.setUTCDate(date.getUTCDate() - 1);
  return date.getTime();
};

/** The slots from the anchor to the end of the walk, which begins before the anchor. */
export const oracleIntervalSlots = (interval: OracleInterval, anchor: OracleAnchor, { ticks }: Walk): number[] => {
  const start = ticks.find(({ atMs }) => atMs === anchor.atMs);
  if (start === undefined) throw new Error('the anchor is no instant of the walk');
  const slots = anchor.isSlot ? [anchor.atMs] : [];
  let steps = 1;
  let dueMs = later(start.wallMs, interval, steps);
  let shownMs = Number.NEGATIVE_INFINITY;
  for (const { atMs, wallMs } of ticks) {
    shownMs = Math.max(shownMs, wallMs);
    if (atMs <= anchor.atMs || shownMs < dueMs) continue;
    slots.push(atMs);
    while (dueMs <= shownMs) {
      steps += 1;
      dueMs = later(start.wallMs, interval, steps);
    }
  }
  return slots;
};
