import { isCalendarEvent } from '../../domain/events/families.ts';
import { type Actor, actorName, type Calendar, type EventOf } from '../../domain/events/index.ts';
import { Refusal } from '../../domain/refusal.ts';
import { calendarStream } from '../../domain/streams.ts';
import { toInstant } from '../../domain/values.ts';
import type { CommandContext, CommandResult } from '../command.ts';
import type { CommandDeps } from '../command-deps.ts';
import { refuseInUse } from '../job-uses.ts';
import { awaitTaken } from '../loop/await-taken.ts';
import { handleCommand } from '../loop/handle-command.ts';
import { loadCalendar } from '../loop/load.ts';
import { ownAppend } from '../loop/own-append.ts';
import { parseInput } from '../parse.ts';
import { CalendarNamed } from './calendar-input.ts';

/** Deletes a calendar. */
export const decideDeleteCalendar = (
  { name, actor }: { readonly name: string; readonly actor: Actor },
  existing: Calendar | undefined,
  nowMs: number,
): EventOf<'CalendarDeleted'>[] => {
  if (existing === undefined) throw new Refusal('CALENDAR_NOT_FOUND', `there is no calendar ${name}`);
  return [{ type: 'CalendarDeleted', data: { ...existing, since: toInstant(nowMs), setBy: actorName(actor) } }];
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
      prepare: async () => refuseInUse('CALENDAR_IN_USE', `calendar ${name}`, await deps.uses.ofCalendar(tenant, name)),
    });
    return { value: undefined, revision, position, pendingEngines: await awaitTaken(deps, { stream, position }) };
  };
