import { z } from 'zod';
import { SetCalendar } from '../../commands/calendar.ts';
import { Refusal } from '../../domain/refusal.ts';
import { answerCommand, pendingOf } from '../answers/command-answers.ts';
import { PagesQuery, pageAnswer, toPageRequest } from '../answers/pages.ts';
import { EXAMPLES } from '../openapi/examples.ts';
import {
  CalendarSchema,
  CalendarSummarySchema,
  ChangedCalendarSchema,
  calendarResource,
} from '../resources/closures.ts';
import { defineRoute, type Route, tenantScope } from '../route.ts';
import { CommandBody, NameParams } from '../validate.ts';
import type { RouteDeps } from './deps.ts';

export const calendarRoutes = ({ commands, queries }: Pick<RouteDeps, 'commands' | 'queries'>): Route[] => [
  defineRoute({
    method: 'get',
    path: '/calendars',
    operationId: 'listCalendars',
    summary: "Lists the tenant's calendars, by name, without their dates",
    permission: 'scheduler:jobs:read',
    bound: 'closed',
    query: PagesQuery,
    result: z.array(CalendarSummarySchema),
    answers: { 200: 'A page of calendars' },
    handle: async ({ query, link, ...request }) => {
      const page = await queries.listCalendars(tenantScope(request), toPageRequest(query));
      return pageAnswer(page, link, (calendar) => calendar);
    },
  }),
  defineRoute({
    method: 'get',
    path: '/calendars/:name',
    operationId: 'getCalendar',
    summary: 'Shows a calendar',
    permission: 'scheduler:jobs:read',
    bound: 'closed',
    params: NameParams,
    result: CalendarSchema,
    answers: { 200: 'The calendar' },
    handle: async ({ params: { name }, ...request }) => {
      const calendar = await queries.getCalendar(tenantScope(request), name);
      if (calendar === undefined) throw new Refusal('CALENDAR_NOT_FOUND', `there is no calendar ${name}`);
      return { status: 200, body: calendar };
    },
  }),
  defineRoute({
    method: 'put',
    path: '/calendars/:name',
    operationId: 'setCalendar',
    summary: 'Sets the dates of a calendar, which jobs name to skip their slots on these dates, or on all others',
    permission: 'scheduler:jobs:write',
    bound: 'closed',
    params: NameParams,
    body: CommandBody,
    accepts: SetCalendar,
    example: EXAMPLES.setCalendar,
    result: ChangedCalendarSchema,
    answers: { 200: 'The calendar as it is now' },
    handle: async ({ context, params: { name }, body }) => {
      const done = await commands.setCalendar(context, name, body);
      return answerCommand(done, { status: 200, body: { ...calendarResource(done.value), ...pendingOf(done) } });
    },
  }),
  defineRoute({
    method: 'delete',
    path: '/calendars/:name',
    operationId: 'deleteCalendar',
    summary: 'Deletes a calendar that no job names',
    permission: 'scheduler:jobs:write',
    bound: 'closed',
    params: NameParams,
    answers: { 204: 'The calendar is gone' },
    handle: async ({ context, params: { name } }) => {
      const done = await commands.deleteCalendar(context, name);
      return answerCommand(done, { status: 204 });
    },
  }),
];
