import { z } from 'zod';
import { bootstrapOwner, type CommandContext, revertContext } from '../../commands/command.ts';
import type { DomainErrorCode } from '../../domain/codes/problem-codes.ts';
import { defined } from '../../domain/defined.ts';
import { DomainError } from '../../domain/domain-error.ts';
import type { ChangedObject } from '../../domain/history/change-of.ts';
import type { Permission } from '../../domain/permissions.ts';
import { EVERY_TENANT } from '../../domain/values.ts';
import { HistoryEntry } from '../../projections/queries/records/history.ts';
import type { Scope } from '../../projections/queries/scope.ts';
import type { BoundCheck } from '../callers/bound-callers.ts';
import type { ApiContext } from '../context.ts';
import { ApplicationSchema, applicationResource } from '../resources/applications.ts';
import { CalendarResultSchema, calendarResource } from '../resources/common.ts';
import { JobSchema } from '../resources/jobs.ts';
import { pendingOf, respondToCommand, respondWithJob } from '../responses/command-responses.ts';
import { PagesQuery, pageResponse, toPageRequest } from '../responses/pages.ts';
import type { ServedResponse } from '../responses/response.ts';
import { defineRoute, type Route, type RouteRequest } from '../route.ts';
import { type ParamsIn, paramsIn } from '../validate.ts';
import { jobNotFound } from './jobs.ts';

export const jobHistoryRoutes = ({ commands, queries }: ApiContext): Route[] => [
  defineRoute({
    method: 'get',
    path: '/jobs/:id/history',
    operationId: 'getJobHistory',
    summary: 'Lists the versions of a job, newest first: who changed what, and why. Also works for a deleted job',
    permission: 'scheduler:jobs:read',
    bound: 'job',
    query: PagesQuery,
    result: z.array(HistoryEntry),
    responses: { 200: 'A page of versions' },
    handle: async ({ scope, params: { id }, query, link }) => {
      const page = await queries.jobHistory(scope, id, toPageRequest(query));
      if (page.items.length === 0 && !(await queries.jobEverExisted(scope, id))) throw jobNotFound(id);
      return pageResponse(page, link, (entry) => entry);
    },
  }),
  defineRoute({
    method: 'post',
    path: '/jobs/:id/history/:version/revert',
    operationId: 'revertJob',
    summary: 'Reverts a job to one of its versions',
    permission: 'scheduler:jobs:write',
    bound: 'job',
    conditional: true,
    result: JobSchema,
    responses: { 200: 'The job after the change' },
    handle: async ({ context, params: { id, version }, precondition }) =>
      respondWithJob(await commands.revertJob(context, id, version, precondition), { status: 200 }),
  }),
];

/**
 * The histories of all resources except jobs, whose versions are kept elsewhere, and named values (values.ts). Deleted
 * resources keep their history.
 */
export const historyRoutes = ({ queries }: ApiContext): Route[] => [
  historyRoute(queries, {
    path: '/applications/:id',
    bound: 'application',
    operationId: 'getApplicationHistory',
    what: 'the names of an application, with the erasures of its secrets',
    missing: 'APPLICATION_NOT_FOUND',
    objectOf: ({ id }) => applicationObject(id),
  }),
  historyRoute(queries, {
    path: '/calendars/:name',
    bound: 'closed',
    operationId: 'getCalendarHistory',
    what: 'a calendar',
    missing: 'CALENDAR_NOT_FOUND',
    objectOf: ({ name }) => calendarObject(name),
    ofOneTenant: true,
  }),
  historyRoute(queries, {
    path: '/pauses/:id',
    bound: 'closed',
    operationId: 'getPauseHistory',
    what: 'a pause, from its start to its end',
    missing: 'PAUSE_NOT_FOUND',
    objectOf: ({ id }) => ({ kind: 'pause', id }),
    scopeOf: async ({ scope }, { id }) => {
      // A pause of the installation binds every tenant, and each can see it.
      const isVisible = (await queries.getPause(scope, id)) !== undefined;
      return isVisible ? { ...scope, tenant: EVERY_TENANT } : scope;
    },
  }),
];

export const applicationObject = (id: number) => ({ kind: 'application', id, applicationId: id }) as const;
export const calendarObject = (name: string) => ({ kind: 'calendar', name }) as const;

type HistoryRoute<Path extends string> = {
  /** Path of the resource. */
  readonly path: Path;
  readonly bound: BoundCheck;
  readonly ofOneTenant?: true;
  readonly operationId: string;
  readonly what: string;
  /** By default, that to read jobs. */
  readonly permission?: Permission;
  /** It never existed, or belongs to another tenant. Absent for a resource that always exists. */
  readonly missing?: DomainErrorCode;
  readonly objectOf: (params: z.output<ParamsIn<Path>>) => ChangedObject;
  /** The scope of visible changes, if it differs from the request's. */
  readonly scopeOf?: (
    request: RouteRequest,
    params: z.output<ParamsIn<Path>>,
  ) => RouteRequest['scope'] | Promise<RouteRequest['scope']>;
};

export const historyRoute = <Path extends string>(
  queries: ApiContext['queries'],
  {
    path,
    bound,
    ofOneTenant,
    operationId,
    what,
    permission = 'scheduler:jobs:read',
    missing,
    objectOf,
    scopeOf = ({ scope }) => scope,
  }: HistoryRoute<Path>,
): Route =>
  defineRoute({
    method: 'get',
    path: `${path}/history`,
    operationId,
    summary: `Lists the versions of ${what}; newest first`,
    permission,
    bound,
    ...defined({ ofOneTenant }),
    params: paramsIn(path),
    query: PagesQuery,
    result: z.array(HistoryEntry),
    responses: { 200: 'A page of versions' },
    handle: async (request) => {
      const { query, link } = request;
      const object = objectOf(request.params);
      const page = await queries.objectHistory(await scopeOf(request, request.params), object, toPageRequest(query));
      if (missing !== undefined && page.items.length === 0 && query.cursor === undefined)
        throw new DomainError(missing, `there is no ${object.kind} ${object.name ?? object.id}`);
      return pageResponse(page, link, (entry) => entry);
    },
  });

/**
 * Reverts with the command that sets a resource: all except jobs (job-history.ts) and named values (values.ts). Secrets and
 * pauses must be set again.
 */
export const revertRoutes = ({ commands, queries }: ApiContext): Route[] => [
  revertRoute(queries, {
    path: '/applications/:id',
    bound: 'application',
    operationId: 'revertApplication',
    what: 'the names, hooks and retention of an application to a version',
    params: paramsIn('/:id/:version'),
    result: ApplicationSchema,
    objectOf: ({ id }) => applicationObject(id),
    revert: async (context, { id }, { name, displayName, onFailure = null, onSuccess = null, retention = null }) => {
      const change = { name, displayName, onFailure, onSuccess, retention };
      const done = await commands.updateApplication(context, id, change);
      return respondToCommand(done, { status: 200, body: applicationResource(done.value) });
    },
  }),
  revertRoute(queries, {
    path: '/calendars/:name',
    bound: 'closed',
    operationId: 'revertCalendar',
    what: 'the dates of a calendar to a version',
    params: paramsIn('/:name/:version'),
    result: CalendarResultSchema,
    objectOf: ({ name }) => calendarObject(name),
    revert: async (context, { name }, fields) => {
      const done = await commands.setCalendar(context, name, fields);
      return respondToCommand(done, { status: 200, body: { ...calendarResource(done.value), ...pendingOf(done) } });
    },
  }),
];

type Fields = Readonly<Record<string, unknown>>;

type RevertRoute<P extends z.ZodType<{ version: number }>> = {
  /** Path of the resource. */
  readonly path: string;
  readonly bound: BoundCheck;
  readonly operationId: string;
  readonly what: string;
  readonly params: P;
  readonly result: z.ZodType;
  readonly objectOf: (params: z.output<P>) => ChangedObject;
  readonly revert: (context: CommandContext, params: z.output<P>, fields: Fields) => Promise<ServedResponse>;
};

export const revertRoute = <P extends z.ZodType<{ version: number }>>(
  queries: ApiContext['queries'],
  { path, bound, operationId, what, params, result, objectOf, revert }: RevertRoute<P>,
): Route =>
  defineRoute({
    method: 'post',
    path: `${path}/history/:version/revert`,
    operationId,
    summary: `Reverts ${what}`,
    permission: 'scheduler:jobs:write',
    bound,
    params,
    result,
    responses: { 200: 'The resource after the change' },
    handle: async ({ scope, context, params: requested }) => {
      const { version } = requested;
      const own = { ...scope, tenant: context.tenant };
      const { fields, actor } = await versionOf(queries, own, { object: objectOf(requested), version });
      const owner = bootstrapOwner(actor);
      return revert({ ...revertContext(context, version), ...(owner && { owner }) }, requested, fields);
    },
  });

type VersionRef = { readonly object: ChangedObject; readonly version: number };

/** @throws DomainError VERSION_NOT_FOUND, also for a version that deleted it */
const versionOf = async (queries: ApiContext['queries'], scope: Scope, { object, version }: VersionRef) => {
  const of = `${object.kind} ${object.name ?? object.id}`;
  const found = await queries.objectVersion(scope, object, version);
  if (found === undefined) throw new DomainError('VERSION_NOT_FOUND', `${of} has no version ${version}`);
  if (Object.keys(found.fields).length > 0) return found;
  throw new DomainError(
    'VERSION_NOT_FOUND',
    `version ${version} deleted ${of}: revert to an earlier version, or delete it`,
  );
};
