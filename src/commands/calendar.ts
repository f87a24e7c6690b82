import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { defined } from '../domain/defined.ts';
import { DomainError } from '../domain/domain-error.ts';
import { type Actor, actorName, type Calendar, type EventOf, isCalendarEvent } from '../domain/events/index.ts';
import { calendarStream } from '../domain/streams.ts';
import { toInstant } from '../domain/values.ts';
import { type CommandContext, type CommandResult, changesOwner, ownAppend } from './command.ts';
import type { CommandDeps } from './command-deps.ts';
import { Description } from './job/job-input.ts';
import { rejectInUse } from './job-uses.ts';
import { awaitEngines } from './loop/await-engines.ts';
import { handleCommand } from './loop/handle-command.ts';
import { loadCalendar } from './loop/load.ts';
import { parseInput, Slug } from './parse.ts';

const MAX_DATES = 10_000;

const CalendarNamed = z.strictObject({ name: Slug });

const LocalDate = z.iso
  .date('must be a date such as 2026-12-24')
  .refine((date) => date >= '0001', 'must be in the years 1 to 9999');

/** Dates may come in any order, and more than once. Fields set by the server are ignored: a caller can PUT what it got. */
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

type SetCalendarInput = Pick<Calendar, 'tenant' | 'name' | 'dates'> & {
  readonly description: string | undefined;
  readonly actor: Actor;
  readonly owner?: string | undefined;
};

/** Sets a calendar as a whole; records nothing if it has these dates, this description and this owner already. */
export const decideSetCalendar = (
  { tenant, name, dates, description, actor, owner }: SetCalendarInput,
  existing: Calendar | undefined,
  nowMs: number,
): EventOf<'CalendarSet'>[] => {
  const isSame = existing?.description === description && isDeepStrictEqual(existing?.dates, dates);
  if (isSame && !changesOwner(owner, existing)) return [];
  const described = defined({ description });
  const set = { updatedAt: toInstant(nowMs), updatedBy: owner ?? actorName(actor) };
  const calendar = { tenant, name, dates, ...described, ...set };
  return [{ type: 'CalendarSet', data: calendar }];
};

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

/** Deletes a calendar. */
export const decideDeleteCalendar = (
  { name, actor }: { readonly name: string; readonly actor: Actor },
  existing: Calendar | undefined,
  nowMs: number,
): EventOf<'CalendarDeleted'>[] => {
  if (existing === undefined) throw new DomainError('CALENDAR_NOT_FOUND', `there is no calendar ${name}`);
  return [{ type: 'CalendarDeleted', data: { ...existing, updatedAt: toInstant(nowMs), updatedBy: actorName(actor) } }];
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
