import { z } from 'zod';
import { decideDeleteCalendar, decideSetCalendar } from '../domain/closure/calendars.ts';
import { type Calendar, isCalendarEvent } from '../domain/events/index.ts';
import { calendarStream } from '../domain/streams.ts';
import { type CommandContext, type CommandResult, ownAppend } from './command.ts';
import type { CommandDeps } from './command-deps.ts';
import { Description } from './job/job-input.ts';
import { awaitEngines } from './loop/await-engines.ts';
import { handleCommand } from './loop/handle-command.ts';
import { loadCalendar } from './loop/load.ts';
import { parseInput, Slug } from './parse.ts';
import { rejectInUse } from './read-models.ts';

const MAX_DATES = 10_000;

const CalendarNamed = z.strictObject({ name: Slug });

const LocalDate = z.iso
  .date('must be a date such as 2026-12-24')
  .refine((date) => date >= '0001', 'must be in the years 1 to 9999');

/** Dates can be unsorted and repeated. Fields set by the server are ignored, so that callers can PUT the result of a GET. */
export const SetCalendar = z.strictObject({
  ...z
    .strictObject({ name: z.unknown(), updatedAt: z.unknown(), updatedBy: z.unknown(), pendingEngines: z.unknown() })
    .partial().shape,
  dates: z
    .array(LocalDate)
    .max(MAX_DATES, `at most ${MAX_DATES} dates`)
    .transform((dates) => [...new Set(dates)].sort()),
  description: Description.nullable().optional(),
});

export const setCalendar =
  (deps: CommandDeps) =>
  async (context: CommandContext, given: string, input: unknown): Promise<CommandResult<Calendar>> => {
    const { name } = parseInput(CalendarNamed, { name: given });
    const { dates, description } = parseInput(SetCalendar, input);
    const { tenant, actor, owner } = context;
    const stream = calendarStream(tenant, name);
    const { state, events, revision, position } = await deps.holdings.calendars(tenant, (admit) =>
      handleCommand(deps, {
        stream,
        context,
        load: () => loadCalendar(deps.store, tenant, name),
        decide: (existing) =>
          decideSetCalendar(
            { tenant, name, dates, description: description ?? undefined, actor, owner },
            existing,
            deps.world.clock.now(),
          ),
        prepare: async (_events, existing) => {
          if (existing === undefined) await admit();
        },
        own: ownAppend(context, isCalendarEvent),
      }),
    );
    const calendar = events[0]?.data ?? state;
    if (calendar === undefined) throw new Error(`calendar ${name} was not set`);
    return { value: calendar, revision, position, pendingEngines: await awaitEngines(deps, { stream, position }) };
  };
export const deleteCalendar =
  (deps: CommandDeps) =>
  async (context: CommandContext, given: string): Promise<CommandResult<undefined>> => {
    const { name } = parseInput(CalendarNamed, { name: given });
    const { tenant, actor } = context;
    const stream = calendarStream(tenant, name);
    const { revision, position } = await handleCommand(deps, {
      stream,
      context,
      load: () => loadCalendar(deps.store, tenant, name),
      decide: (existing) => decideDeleteCalendar({ name, actor }, existing, deps.world.clock.now()),
      own: ownAppend(context, isCalendarEvent),
      prepare: async () => rejectInUse('CALENDAR_IN_USE', `calendar ${name}`, await deps.uses.ofCalendar(tenant, name)),
    });
    return { value: undefined, revision, position, pendingEngines: await awaitEngines(deps, { stream, position }) };
  };
