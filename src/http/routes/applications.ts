import { CreateApplication, UpdateApplication } from '../../commands/application/set-application.ts';
import { showApplication } from '../../projections/queries/records/applications.ts';
import type { ApiContext } from '../context.ts';
import { ApplicationSchema, applicationResource } from '../resources/applications.ts';
import { respondToCommand } from '../responses/command-responses.ts';
import { etagOf } from '../responses/response.ts';
import { defineRoute, PREFIX, type Route } from '../route.ts';
import { found, listRoute, noContent } from './shapes.ts';

export const applicationRoutes = ({ commands, queries }: ApiContext): Route[] => [
  listRoute({
    path: '/applications',
    operationId: 'listApplications',
    summary: 'Lists applications, oldest first',
    permission: 'scheduler:jobs:read',
    bound: 'narrowed',
    items: ApplicationSchema,
    responses: { 200: 'A page of applications' },
    page: queries.listApplications,
    show: showApplication,
  }),
  defineRoute({
    method: 'get',
    path: '/applications/:id',
    operationId: 'getApplication',
    summary: 'Shows an application',
    permission: 'scheduler:jobs:read',
    bound: 'application',
    result: ApplicationSchema,
    responses: { 200: 'The application' },
    handle: async ({ scope, params: { id } }) => {
      const view = found(await queries.getApplication(scope, id), 'APPLICATION_NOT_FOUND', `application ${id}`);
      return { status: 200, headers: { ETag: etagOf(view.revision) }, body: showApplication(view) };
    },
  }),
  defineRoute({
    method: 'post',
    path: '/applications',
    operationId: 'createApplication',
    summary: 'Creates an application',
    permission: 'scheduler:jobs:write',
    bound: 'closed',
    accepts: CreateApplication,
    result: ApplicationSchema,
    responses: { 201: 'The application that was created' },
    handle: async ({ context, body }) => {
      const done = await commands.createApplication(context, body);
      const headers = { ETag: etagOf(done.revision), Location: `${PREFIX}/applications/${done.value.applicationId}` };
      return respondToCommand(done, { status: 201, headers, body: applicationResource(done.value) });
    },
  }),
  defineRoute({
    method: 'put',
    path: '/applications/:id',
    operationId: 'updateApplication',
    summary: 'Changes an application',
    permission: 'scheduler:jobs:write',
    bound: 'application',
    accepts: UpdateApplication,
    result: ApplicationSchema,
    responses: { 200: 'The application after the change' },
    handle: async ({ context, params: { id }, body }) => {
      const done = await commands.updateApplication(context, id, body);
      const headers = { ETag: etagOf(done.revision) };
      return respondToCommand(done, { status: 200, headers, body: applicationResource(done.value) });
    },
  }),
  defineRoute({
    method: 'delete',
    path: '/applications/:id',
    operationId: 'deleteApplication',
    summary: 'Deletes an application that has no jobs',
    permission: 'scheduler:jobs:write',
    bound: 'application',
    conditional: true,
    responses: { 204: 'Deleted' },
    handle: async ({ context, params: { id }, precondition }) =>
      noContent(await commands.deleteApplication(context, id, precondition)),
  }),
];
