import type { CalendarShift } from '../events/index.ts';
import type { RunRules } from '../job/rules.ts';
import type { JobSlots } from '../schedule/index.ts';
import { type Blackout, type Blackouts, overlapping, type TimeSpan, union, without } from './closure.ts';

/*
 * Slots that move: with `calendar.shift`, a slot on a closed day is due at the same wall-clock time on the next open day, or
 * on the open day before. It keeps its own time as its identity, and slots are due in their order:
 * - It moves only if no other slot is as near to that open day. So a day has at most one call, and the other slots are
 *   skipped as without `shift`.
 * - It moves by up to `MAX_SHIFT_MS`, and only over closed days with an end on both sides: beyond the dates of an included
 *   calendar, which days are open is not known yet.
 */

const DAY_MS = 86_400_000;
/** Maximum time that a slot moves. */
export const MAX_SHIFT_MS = 31 * DAY_MS;
/** Maximum steps in which closed days of several calendars are joined; each is at least a day to both sides. */
const MAX_STEPS = 64;

type Shiftable = {
  readonly rules: Pick<RunRules, 'calendar'>;
  readonly slots: JobSlots | undefined;
  /** As `closuresOf` returns them. */
  readonly closures: Blackouts;
};

/** Moves slots and the blackouts of a job whose calendar rule has `shift`. Call it once, where a decision begins. */
export const withMovedSlots = <T extends Shiftable>(input: T): T => {
  const shift = input.rules.calendar?.shift;
  if (shift === undefined || input.slots === undefined) return input;
  const slots = movedSlots(input.slots, input.closures, shift);
  return { ...input, slots, closures: closuresOfMoved(slots, input.closures, shift) };
};

const movedSlots = (slots: JobSlots, closures: Blackouts, shift: CalendarShift): JobSlots => {
  const { next, previous, onDayMs } = slots;
  const dueMs = (slotMs: number): number => {
    const closed = closedDays(closures, slotMs);
    if (closed === undefined || !hasEnds(closed)) return slotMs;
    const targetMs = onDayMs(slotMs, shift === 'next' ? closed.untilMs : closed.fromMs - 1);
    if (Math.abs(targetMs - slotMs) > MAX_SHIFT_MS) return slotMs;
    const isNearest =
      shift === 'next'
        ? (next(slotMs) ?? Number.POSITIVE_INFINITY) > targetMs
        : previous(slotMs - 1, targetMs - 1) === undefined;
    return isNearest ? targetMs : slotMs;
  };
  /** Only the slot beside an instant can be on the other side of it. */
  const placeMs = (instantMs: number): number => {
    if (!Number.isFinite(instantMs)) return instantMs;
    const besideMs = shift === 'next' ? previous(instantMs, instantMs - MAX_SHIFT_MS - 1) : next(instantMs);
    if (besideMs === undefined) return instantMs;
    if (shift === 'next') return dueMs(besideMs) > instantMs ? besideMs - 1 : instantMs;
    return dueMs(besideMs) <= instantMs ? besideMs : instantMs;
  };
  return { ...slots, dueMs, placeMs, lastDue: (nowMs, notBeforeMs) => previous(placeMs(nowMs), notBeforeMs) };
};

/** The closed days around an instant, whole; `undefined` if it is on an open day. */
const closedDays = (closures: Blackouts, instantMs: number): TimeSpan | undefined => {
  let closed: TimeSpan = { fromMs: instantMs, untilMs: instantMs + 1 };
  for (let steps = 0; steps < MAX_STEPS; steps++) {
    const around = union(byCalendar(closures(closed.fromMs - 2, closed.untilMs)));
    const [wider] = overlapping(around, { fromMs: instantMs, untilMs: instantMs + 1 });
    if (wider === undefined || (wider.fromMs === closed.fromMs && wider.untilMs === closed.untilMs)) return wider;
    if (!hasEnds(wider)) return wider;
    closed = wider;
  }
  return closed;
};

const hasEnds = ({ fromMs, untilMs }: TimeSpan): boolean => Number.isFinite(fromMs) && Number.isFinite(untilMs);

const byCalendar = (closures: readonly Blackout[]): readonly Blackout[] =>
  closures.filter(({ reason }) => reason === 'CALENDAR');

/** Blackouts among slots: those on closed days that do not move, and those that are due in a pause. */
const closuresOfMoved =
  ({ next, previous, dueMs, placeMs }: JobSlots, closures: Blackouts, shift: CalendarShift): Blackouts =>
  (afterMs, untilMs) => {
    const window = { fromMs: afterMs + 1, untilMs: untilMs + 1 };
    const moving = (days: TimeSpan): TimeSpan[] => {
      if (!hasEnds(days)) return [];
      const { fromMs, untilMs } = days;
      const slotMs = shift === 'next' ? previous(untilMs - 1, fromMs - 1) : next(fromMs - 1);
      if (slotMs === undefined || slotMs >= untilMs || dueMs(slotMs) === slotMs) return [];
      return [{ fromMs: slotMs, untilMs: slotMs + 1 }];
    };
    const closed = byCalendar(closures(afterMs, untilMs)).flatMap((each) =>
      overlapping(without([each], moving(each)), window).map((span): Blackout => ({ ...span, reason: 'CALENDAR' })),
    );
    const paused = closures(afterMs - MAX_SHIFT_MS, untilMs + MAX_SHIFT_MS).flatMap((each) => {
      if (each.reason === 'CALENDAR') return [];
      const among = { fromMs: placeMs(each.fromMs - 1) + 1, untilMs: placeMs(each.untilMs - 1) + 1 };
      if (among.fromMs >= among.untilMs) return [];
      return overlapping(without([among], closed), window).map((span): Blackout => ({ ...each, ...span }));
    });
    return [...closed, ...paused].sort((a, b) => a.fromMs - b.fromMs);
  };
