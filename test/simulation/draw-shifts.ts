import { createDraw, type Drawing } from './draw.ts';
import type { PlannedCommand } from './plan.ts';

/** Of the first such job, and of the calendar; other jobs have lower numbers. */
const FIRST = 70;
const CALENDAR = 93;

/** Days of the month of slots that a calendar can move to the first day of the year, which a simulation is on. */
const DAYS_OF_MONTH = {
  next: ['31', '31', '31', '30,31', '2,31', '1,31', '1', '*'],
  previous: ['2', '2', '2', '2,3', '2,31', '1,2', '1', '*'],
} as const;

/**
 * Adds jobs whose slots a calendar moves to other days, and changes of that calendar. By draws of its own: seeds without
 * them have the plans that they had before.
 */
export const withShifts = (
  seed: number,
  commands: readonly PlannedCommand[],
  { names, untilMs }: Drawing,
): PlannedCommand[] => {
  const draw = createDraw(seed, 'shifts');
  if (!draw.chance(0.35)) return [...commands];
  const created = Array.from({ length: draw.between(2, 8) }, (_, index): PlannedCommand => {
    const seconds = draw.between(10, Math.floor(untilMs / 1_000));
    const shift = draw.one(['next', 'previous'] as const);
    const pattern = `${seconds % 60} ${Math.floor(seconds / 60)} 0 ${draw.one(DAYS_OF_MONTH[shift])} * *`;
    const misfire = draw.chance(0.4) ? { misfire: draw.one(['last', 'skip', 'all'] as const) } : {};
    const rules = { calendar: { exclude: ['shift'], shift }, ...misfire };
    const process = draw.one(names);
    return { atMs: draw.between(2_000, 8_000), process, job: FIRST + index, ask: { kind: 'create', pattern, rules } };
  });
  const switched = created.flatMap(({ job, atMs }): PlannedCommand[] => {
    if (!draw.chance(0.3)) return [];
    const at = (fromMs: number) => ({ atMs: draw.between(fromMs, untilMs), process: draw.one(names), job });
    const disabled: PlannedCommand = { ...at(atMs + 1), ask: { kind: 'disable' } };
    return [disabled, { ...at(disabled.atMs + 1), ask: { kind: 'enable' } }];
  });
  const moments = new Set(Array.from({ length: draw.between(0, 4) }, () => draw.between(9_000, untilMs)));
  const changes = [1_500, ...moments].map((atMs): PlannedCommand => {
    const days = atMs < 9_000 ? 'around' : draw.one(['around', 'around', 'before', 'today', 'all', 'none'] as const);
    return { atMs, process: draw.one(names), job: CALENDAR, ask: { kind: 'calendar', name: 'shift', days } };
  });
  return [...commands, ...created, ...switched, ...changes];
};
