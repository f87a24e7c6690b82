import { z } from 'zod';
import { CreateApplication } from '../../commands/application/create-application.ts';
import { UpdateApplication } from '../../commands/application/update-application.ts';
import { DomainError } from '../../domain/domain-error.ts';
import { showApplication } from '../../projections/queries/records/applications.ts';
import type { ApiContext } from '../context.ts';
import { EXAMPLES } from '../openapi/examples.ts';
import { ApplicationSchema, applicationResource } from '../resources/applications.ts';
import { respondToCommand } from '../responses/command-responses.ts';
import { PagesQuery, pageResponse, toPageRequest } from '../responses/pages.ts';
import { etagOf, underIfMatch } from '../responses/response.ts';
import { defineRoute, PREFIX, type Route } from '../route.ts';
import { CommandBody, IdParams } from '../validate.ts';

export const applicationRoutes = ({ commands, queries }: ApiContext): Route[] => [
  defineRoute({
    method: 'get',
    path: '/applications',
    operationId: 'listApplications',
    summary: 'Lists applications, oldest first',
    permission: 'scheduler:jobs:read',
    bound: 'narrowed',
    query: PagesQuery,
    result: z.array(ApplicationSchema),
    answers: { 200: 'A page of applications' },
    handle: async ({ scope, query, link }) => {
      const page = await queries.listApplications(scope, toPageRequest(query));
      return pageResponse(page, link, showApplication);
    },
  }),
  defineRoute({
    method: 'get',
    path: '/applications/:id',
    operationId: 'getApplication',
    summary: 'Shows an application',
    permission: 'scheduler:jobs:read',
    bound: 'application',
    params: IdParams,
    result: ApplicationSchema,
    answers: { 200: 'The application' },
    handle: async ({ scope, params: { id } }) => {
      const view = await queries.getApplication(scope, id);
      if (view === undefined) throw new DomainError('APPLICATION_NOT_FOUND', `there is no application ${id}`);
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
    body: CommandBody,
    accepts: CreateApplication,
    example: EXAMPLES.createApplication,
    result: ApplicationSchema,
    answers: { 201: 'The application that was created' },
    handle: async ({ context, body }) => {
      const done = await commands.createApplication(context, body);
      const headers = { ETag: etagOf(done.revision), Location: `${PREFIX}/applications/${done.value.applicationId}` };
      const answer = { status: 201, headers, body: applicationResource(done.value) };
      return respondToCommand(done, answer);
    },
  }),
  defineRoute({
    method: 'put',
    path: '/applications/:id',
    operationId: 'updateApplication',
    summary: 'Changes an application',
    permission: 'scheduler:jobs:write',
    bound: 'application',
    params: IdParams,
    body: CommandBody,
    accepts: UpdateApplication,
    example: EXAMPLES.updateApplication,
    result: ApplicationSchema,
    answers: { 200: 'The application after the change' },
    handle: async ({ context, params: { id }, body }) => {
      const done = await commands.updateApplication(context, id, body);
      const headers = { ETag: etagOf(done.revision) };
      const answer = { status: 200, headers, body: applicationResource(done.value) };
      return respondToCommand(done, answer);
    },
  }),
  defineRoute({
    method: 'delete',
    path: '/applications/:id',
    operationId: 'deleteApplication',
    summary: 'Deletes an application that has no jobs',
    permission: 'scheduler:jobs:write',
    bound: 'application',
    params: IdParams,
    conditional: true,
    answers: { 204: 'Deleted' },
    handle: async ({ context, params: { id }, ifMatch }) => {
      const done = await underIfMatch(ifMatch, (precondition) => commands.deleteApplication(context, id, precondition));
      return respondToCommand(done, { status: 204 });
    },
  }),
];
