import { createDraw, type Draw, type Drawing, withNew } from './draw.ts';
import type { PlannedCommand } from './plan.ts';

/** Of the calendars themselves; jobs have lower numbers. */
const CALENDAR = 90;
const MORE = 91;
const RACED = 92;

/**
 * Has jobs name a calendar that leaves days out or does not, and forces runs of them. By draws of its own: seeds without
 * a calendar have the plans that they had before.
 */
export const withCalendars = (
  seed: number,
  commands: readonly PlannedCommand[],
  { names, untilMs }: Drawing,
): PlannedCommand[] => {
  const draw = createDraw(seed, 'calendars');
  if (!draw.chance(0.35)) return [...commands];
  const named = commands.map((command) =>
    command.ask.kind === 'create' && draw.chance(0.6)
      ? { ...command, ask: { ...command.ask, rules: { ...command.ask.rules, calendar: drawCalendar(draw) } } }
      : command,
  );
  const at = (job: number, fromMs: number) => ({ atMs: draw.between(fromMs, untilMs), process: draw.one(names), job });
  const created = commands.filter(({ ask: request }) => request.kind === 'create');
  const forced = created.flatMap(({ job, atMs }) =>
    Array.from({ length: draw.between(0, 2) }, (): PlannedCommand => ({ ...at(job, atMs), ask: { kind: 'force' } })),
  );
  const calendars = Array.from({ length: draw.between(0, 5) }, (): PlannedCommand => {
    return { ...at(CALENDAR, 4_000), ask: { kind: 'calendar', days: draw.one(['all', 'none'] as const) } };
  });
  const all = withNew(named, [...forced, ...calendars]);
  return withRaces(seed, withMoreCalendars(seed, all, { names, untilMs }), { names, untilMs });
};

/** Has jobs that name the calendar name another one too, in either order. By draws of its own, for the same reason. */
const withMoreCalendars = (
  seed: number,
  commands: readonly PlannedCommand[],
  { names, untilMs }: Drawing,
): PlannedCommand[] => {
  const draw = createDraw(seed, 'more calendars');
  if (!draw.chance(0.6)) return [...commands];
  const named = commands.map((command) =>
    command.ask.kind === 'create' && command.ask.rules?.calendar !== undefined && draw.chance(0.8)
      ? { ...command, ask: { ...command.ask, rules: { ...command.ask.rules, calendar: draw.one(SEVERAL) } } }
      : command,
  );
  const moments = new Set(Array.from({ length: draw.between(0, 6) }, () => draw.between(4_000, untilMs)));
  const changes = [...moments].map((atMs): PlannedCommand => {
    const days = draw.one(['all', 'none', 'ahead'] as const);
    return { atMs, process: draw.one(names), job: MORE, ask: { kind: 'calendar', name: 'more', days } };
  });
  return [...named, ...changes];
};

/** Has the calendar leave a day out between claims and their slots, for a moment each time. By draws of its own. */
const withRaces = (
  seed: number,
  commands: readonly PlannedCommand[],
  { names, untilMs }: Drawing,
): PlannedCommand[] => {
  const draw = createDraw(seed, 'calendar races');
  if (!draw.chance(0.5)) return [...commands];
  const changes: PlannedCommand[] = [];
  const change = (atMs: number, days: 'all' | 'none') =>
    changes.push({ atMs, process: draw.one(names), job: RACED, ask: { kind: 'calendar', days } });
  for (let slotMs = 10_000; slotMs < untilMs; slotMs += draw.between(3, 6) * 1_000) {
    change(slotMs - draw.between(20, 180), 'all');
    change(slotMs + draw.between(300, 1_500), 'none');
  }
  change(untilMs + 2_000, draw.one(['all', 'none']));
  return [...commands, ...changes];
};

const SEVERAL = [
  { include: ['days', 'more'] },
  { include: ['more', 'days'] },
  { exclude: ['days', 'more'] },
  { include: ['more'], exclude: ['days'] },
];

const drawCalendar = (draw: Draw) => (draw.chance(0.5) ? { exclude: ['days'] } : { include: ['days'] });
