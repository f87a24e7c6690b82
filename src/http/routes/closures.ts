import { z } from 'zod';
import { SetCalendar, SetPause } from '../../commands/closures.ts';
import type { PauseAuthority } from '../../domain/closure/pauses.ts';
import { DomainError } from '../../domain/domain-error.ts';
import { toPauseView } from '../../projections/queries/records/closures.ts';
import { hasAllPermissions } from '../callers/authorize.ts';
import type { ApiContext } from '../context.ts';
import { EXAMPLES } from '../openapi/examples.ts';
import {
  CalendarResultSchema,
  CalendarSchema,
  CalendarSummarySchema,
  calendarResource,
  PauseSchema,
  SetPauseSchema,
} from '../resources/common.ts';
import { pendingOf, respondToCommand } from '../responses/command-responses.ts';
import { PagesQuery, pageResponse, toPageRequest } from '../responses/pages.ts';
import { defineRoute, PREFIX, type Route, type RouteRequest } from '../route.ts';
import { CommandBody, IdParams, NameParams } from '../validate.ts';

export const calendarRoutes = ({ commands, queries }: ApiContext): Route[] => [
  defineRoute({
    method: 'get',
    path: '/calendars',
    operationId: 'listCalendars',
    summary: "Lists the tenant's calendars, by name, without their dates",
    permission: 'scheduler:jobs:read',
    bound: 'closed',
    ofOneTenant: true,
    query: PagesQuery,
    result: z.array(CalendarSummarySchema),
    answers: { 200: 'A page of calendars' },
    handle: async ({ query, link, scope }) => {
      const page = await queries.listCalendars(scope, toPageRequest(query));
      return pageResponse(page, link, (calendar) => calendar);
    },
  }),
  defineRoute({
    method: 'get',
    path: '/calendars/:name',
    operationId: 'getCalendar',
    summary: 'Shows a calendar',
    permission: 'scheduler:jobs:read',
    bound: 'closed',
    ofOneTenant: true,
    params: NameParams,
    result: CalendarSchema,
    answers: { 200: 'The calendar' },
    handle: async ({ params: { name }, scope }) => {
      const calendar = await queries.getCalendar(scope, name);
      if (calendar === undefined) throw new DomainError('CALENDAR_NOT_FOUND', `there is no calendar ${name}`);
      return { status: 200, body: calendar };
    },
  }),
  defineRoute({
    method: 'put',
    path: '/calendars/:name',
    operationId: 'setCalendar',
    summary: 'Sets the dates of a calendar. Jobs use calendars to skip slots on these dates, or on all others',
    permission: 'scheduler:jobs:write',
    bound: 'closed',
    params: NameParams,
    body: CommandBody,
    accepts: SetCalendar,
    example: EXAMPLES.setCalendar,
    result: CalendarResultSchema,
    answers: { 200: 'The calendar after the change' },
    handle: async ({ context, params: { name }, body }) => {
      const done = await commands.setCalendar(context, name, body);
      return respondToCommand(done, { status: 200, body: { ...calendarResource(done.value), ...pendingOf(done) } });
    },
  }),
  defineRoute({
    method: 'delete',
    path: '/calendars/:name',
    operationId: 'deleteCalendar',
    summary: 'Deletes a calendar that no job uses',
    permission: 'scheduler:jobs:write',
    bound: 'closed',
    params: NameParams,
    answers: { 204: 'The calendar is deleted' },
    handle: async ({ context, params: { name } }) => {
      const done = await commands.deleteCalendar(context, name);
      return respondToCommand(done, { status: 204 });
    },
  }),
];

const authorityOf = ({ caller }: Pick<RouteRequest, 'caller'>): PauseAuthority =>
  hasAllPermissions(caller) ? 'installation' : 'tenant';

export const pauseRoutes = ({ commands, queries }: ApiContext): Route[] => [
  defineRoute({
    method: 'get',
    path: '/pauses',
    operationId: 'listPauses',
    summary: "Lists the active and upcoming pauses of the tenant's jobs, oldest first",
    permission: 'scheduler:jobs:read',
    bound: 'closed',
    query: PagesQuery,
    result: z.array(PauseSchema),
    answers: { 200: 'A page of pauses' },
    handle: async ({ scope, query, link }) => {
      const page = await queries.listPauses(scope, toPageRequest(query));
      return pageResponse(page, link, (pause) => pause);
    },
  }),
  defineRoute({
    method: 'get',
    path: '/pauses/:id',
    operationId: 'getPause',
    summary: 'Shows a pause, including an ended one',
    permission: 'scheduler:jobs:read',
    bound: 'closed',
    params: IdParams,
    result: PauseSchema,
    answers: { 200: 'The pause' },
    handle: async ({ scope, params: { id } }) => {
      const pause = await queries.getPause(scope, id);
      if (pause === undefined) throw new DomainError('PAUSE_NOT_FOUND', `there is no pause ${id}`);
      return { status: 200, body: pause };
    },
  }),
  defineRoute({
    method: 'post',
    path: '/pauses',
    operationId: 'setPause',
    summary: 'Pauses a job, or all jobs of an application, a target, some labels, the tenant or the installation',
    permission: 'scheduler:jobs:write',
    bound: 'closed',
    body: CommandBody,
    accepts: SetPause,
    example: EXAMPLES.setPause,
    result: SetPauseSchema,
    answers: { 201: 'The pause that was set' },
    handle: async ({ context, body, ...request }) => {
      const done = await commands.setPause(context, body, authorityOf(request));
      const pause = toPauseView(done.value);
      return respondToCommand(done, {
        status: 201,
        headers: { Location: `${PREFIX}/pauses/${pause.id}` },
        body: { ...pause, ...pendingOf(done) },
      });
    },
  }),
  defineRoute({
    method: 'delete',
    path: '/pauses/:id',
    operationId: 'liftPause',
    summary: 'Ends a pause',
    permission: 'scheduler:jobs:write',
    bound: 'closed',
    params: IdParams,
    answers: { 204: 'The pause has ended' },
    handle: async ({ context, params: { id }, ...request }) => {
      const done = await commands.liftPause(context, id, authorityOf(request));
      return respondToCommand(done, { status: 204 });
    },
  }),
];
