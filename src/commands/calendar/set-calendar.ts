import { isDeepStrictEqual } from 'node:util';
import { isCalendarEvent } from '../../domain/events/families.ts';
import { type Actor, actorName, type Calendar, type EventOf } from '../../domain/events/index.ts';
import { calendarStream } from '../../domain/streams.ts';
import { toInstant } from '../../domain/values.ts';
import type { CommandContext, CommandResult } from '../command.ts';
import type { CommandDeps } from '../command-deps.ts';
import { awaitTaken } from '../loop/await-taken.ts';
import { handleCommand } from '../loop/handle-command.ts';
import { loadCalendar } from '../loop/load.ts';
import { ownAppend } from '../loop/own-append.ts';
import { parseInput } from '../parse.ts';
import { CalendarNamed, SetCalendar } from './calendar-input.ts';

type SetCalendarInput = Pick<Calendar, 'tenant' | 'name' | 'dates'> & {
  readonly description: string | undefined;
  readonly actor: Actor;
};

/** Sets a calendar as a whole; records nothing if it has these dates and this description already. */
export const decideSetCalendar = (
  { tenant, name, dates, description, actor }: SetCalendarInput,
  existing: Calendar | undefined,
  nowMs: number,
): EventOf<'CalendarSet'>[] => {
  if (existing?.description === description && isDeepStrictEqual(existing?.dates, dates)) return [];
  const described = description === undefined ? {} : { description };
  const calendar = { tenant, name, dates, ...described, since: toInstant(nowMs), setBy: actorName(actor) };
  return [{ type: 'CalendarSet', data: calendar }];
};

export const setCalendar =
  (deps: CommandDeps) =>
  async (context: CommandContext, given: string, input: unknown): Promise<CommandResult<Calendar>> => {
    const { name } = parseInput(CalendarNamed, { name: given });
    const { dates, description } = parseInput(SetCalendar, input);
    const { tenant, actor } = context;
    const stream = calendarStream(tenant, name);
    const { state, events, revision, position } = await deps.holdings.calendars(tenant, (admit) =>
      handleCommand(deps, {
        stream,
        context,
        load: () => loadCalendar(deps.store, tenant, name),
        decide: (existing) =>
          decideSetCalendar(
            { tenant, name, dates, description: description ?? undefined, actor },
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
    return { value: calendar, revision, position, pendingEngines: await awaitTaken(deps, { stream, position }) };
  };
