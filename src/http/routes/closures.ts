import { SetCalendar, SetPause } from '../../commands/closures.ts';
import type { PauseAuthority } from '../../domain/closure/pauses.ts';
import { defined } from '../../domain/defined.ts';
import type { Queries } from '../../projections/queries/index.ts';
import { type PauseView, toPauseView } from '../../projections/queries/records/closures.ts';
import type { Scope } from '../../projections/queries/scope.ts';
import { type Caller, hasAllPermissions } from '../callers/authorize.ts';
import type { ApiContext } from '../context.ts';
import {
  CalendarResultSchema,
  CalendarSchema,
  CalendarSummarySchema,
  calendarResource,
  PauseSchema,
  SetPauseSchema,
} from '../resources/common.ts';
import { pendingOf, respondToCommand } from '../responses/command-responses.ts';
import { defineRoute, PREFIX, type Route } from '../route.ts';
import { found, listRoute, noContent } from './shapes.ts';

export const calendarRoutes = ({ commands, queries }: ApiContext): Route[] => [
  listRoute({
    path: '/calendars',
    operationId: 'listCalendars',
    summary: "Lists the tenant's calendars, by name, without their dates",
    permission: 'scheduler:jobs:read',
    bound: 'closed',
    ofOneTenant: true,
    items: CalendarSummarySchema,
    responses: { 200: 'A page of calendars' },
    page: queries.listCalendars,
  }),
  defineRoute({
    method: 'get',
    path: '/calendars/:name',
    operationId: 'getCalendar',
    summary: 'Shows a calendar',
    permission: 'scheduler:jobs:read',
    bound: 'closed',
    ofOneTenant: true,
    result: CalendarSchema,
    responses: { 200: 'The calendar' },
    handle: async ({ params: { name }, scope }) => {
      return {
        status: 200,
        body: found(await queries.getCalendar(scope, name), 'CALENDAR_NOT_FOUND', `calendar ${name}`),
      };
    },
  }),
  defineRoute({
    method: 'put',
    path: '/calendars/:name',
    operationId: 'setCalendar',
    summary: 'Sets the dates of a calendar. Jobs use calendars to skip slots on these dates, or on all others',
    permission: 'scheduler:jobs:write',
    bound: 'closed',
    accepts: SetCalendar,
    result: CalendarResultSchema,
    responses: { 200: 'The calendar after the change' },
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
    responses: { 204: 'The calendar is deleted' },
    handle: async ({ context, params: { name } }) => noContent(await commands.deleteCalendar(context, name)),
  }),
];

/** Adds the names of paused jobs and applications, for which the pauses have ids. */
const withNames = async (queries: Queries, scope: Scope, pauses: readonly PauseView[]) => {
  const jobs = pauses.flatMap(({ scope: paused, of }) => (paused === 'job' ? [Number(of)] : []));
  const isOfApplication = pauses.some(({ scope: paused }) => paused === 'application');
  const [names, applications] = await Promise.all([
    queries.namesOfJobs(scope, jobs),
    isOfApplication ? queries.applicationNames(scope) : undefined,
  ]);
  return pauses.map((pause) => {
    const id = Number(pause.of);
    const { jobName, applicationName } = (pause.scope === 'job' ? names.get(id) : undefined) ?? {};
    const paused = pause.scope === 'application' ? applications?.get(id) : applicationName;
    return { ...pause, ...defined({ jobName, applicationName: paused }) };
  });
};

const authorityOf = (caller: Caller): PauseAuthority => (hasAllPermissions(caller) ? 'installation' : 'tenant');

export const pauseRoutes = ({ commands, queries }: ApiContext): Route[] => [
  listRoute({
    path: '/pauses',
    operationId: 'listPauses',
    summary: "Lists the active and upcoming pauses of the tenant's jobs, oldest first",
    permission: 'scheduler:jobs:read',
    bound: 'closed',
    items: PauseSchema,
    responses: { 200: 'A page of pauses' },
    page: async (scope, page) => {
      const { items, ...rest } = await queries.listPauses(scope, page);
      return { ...rest, items: await withNames(queries, scope, items) };
    },
  }),
  defineRoute({
    method: 'get',
    path: '/pauses/:id',
    operationId: 'getPause',
    summary: 'Shows a pause, including an ended one',
    permission: 'scheduler:jobs:read',
    bound: 'closed',
    result: PauseSchema,
    responses: { 200: 'The pause' },
    handle: async ({ scope, params: { id } }) => {
      const pause = found(await queries.getPause(scope, id), 'PAUSE_NOT_FOUND', `pause ${id}`);
      const [body] = await withNames(queries, scope, [pause]);
      return { status: 200, body };
    },
  }),
  defineRoute({
    method: 'post',
    path: '/pauses',
    operationId: 'setPause',
    summary: 'Pauses a job, or all jobs of an application, a target, some labels, the tenant or the installation',
    permission: 'scheduler:jobs:write',
    bound: 'closed',
    accepts: SetPause,
    result: SetPauseSchema,
    responses: { 201: 'The pause that was set' },
    handle: async ({ context, body, caller }) => {
      const done = await commands.setPause(context, body, authorityOf(caller));
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
    responses: { 204: 'The pause has ended' },
    handle: async ({ context, params: { id }, caller }) =>
      noContent(await commands.liftPause(context, id, authorityOf(caller))),
  }),
];
