import { createDraw, type Draw } from './draw.ts';
import type { PlannedCommand } from './plan.ts';

type Drawing = { readonly names: readonly string[]; readonly untilMs: number };

/** Of the calendar itself; jobs have lower numbers. */
const CALENDAR = 90;

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
  if (!draw.chance(0.25)) return [...commands];
  const named = commands.map((command) =>
    command.ask.kind === 'create' && draw.chance(0.6)
      ? { ...command, ask: { ...command.ask, rules: { ...command.ask.rules, calendar: drawCalendar(draw) } } }
      : command,
  );
  const at = (job: number, fromMs: number) => ({ atMs: draw.between(fromMs, untilMs), process: draw.one(names), job });
  const created = commands.filter(({ ask }) => ask.kind === 'create');
  const forced = created.flatMap(({ job, atMs }) =>
    Array.from({ length: draw.between(0, 2) }, (): PlannedCommand => ({ ...at(job, atMs), ask: { kind: 'force' } })),
  );
  const calendars = Array.from({ length: draw.between(0, 5) }, (): PlannedCommand => {
    return { ...at(CALENDAR, 4_000), ask: { kind: 'calendar', days: draw.one(['all', 'none'] as const) } };
  });
  const taken = new Set(commands.map(nameOf));
  const added = [...forced, ...calendars].filter(
    (command) => !taken.has(nameOf(command)) && taken.add(nameOf(command)),
  );
  return [...named, ...added];
};

const drawCalendar = (draw: Draw) => (draw.chance(0.8) ? { exclude: ['days'] } : { include: ['days'] });

/** Job and moment are a command's name. */
const nameOf = ({ job, atMs }: PlannedCommand): string => `${job} ${atMs}`;
