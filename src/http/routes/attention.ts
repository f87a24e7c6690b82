import { z } from 'zod';
import { AcknowledgeJob } from '../../commands/closures.ts';
import { SaveView } from '../../commands/saved-view.ts';
import { SavedView } from '../../projections/queries/documents.ts';
import {
  AcknowledgementView,
  AttentionView,
  acknowledgementView,
} from '../../projections/queries/overview/attention.ts';
import { hasPermission } from '../callers/authorize.ts';
import type { ApiContext } from '../context.ts';
import { respondToCommand } from '../responses/command-responses.ts';
import { defineRoute, type Route } from '../route.ts';
import { noContent } from './shapes.ts';

/** Jobs that need attention, and who takes care of them. */
export const attentionRoutes = ({ queries, commands }: ApiContext): Route[] => [
  defineRoute({
    method: 'get',
    path: '/attention',
    operationId: 'listJobsNeedingAttention',
    summary: 'Lists the jobs that need attention, the most urgent first',
    permission: 'scheduler:jobs:read',
    bound: 'narrowed',
    result: z.object({ jobs: z.array(AttentionView) }),
    responses: { 200: 'At most 100 jobs' },
    handle: async ({ scope, caller }) => {
      const withResponses = hasPermission(caller, 'scheduler:executions:read');
      return { status: 200, body: { jobs: await queries.jobsNeedingAttention(scope, { withResponses }) } };
    },
  }),
  defineRoute({
    method: 'put',
    path: '/jobs/:id/acknowledgement',
    operationId: 'acknowledgeJob',
    summary: 'Acknowledges a job that needs attention, up to its next problem or until an instant',
    permission: 'scheduler:jobs:trigger',
    bound: 'job',
    accepts: AcknowledgeJob,
    result: AcknowledgementView,
    responses: { 200: 'The acknowledgement' },
    handle: async ({ context, params: { id }, body }) => {
      const done = await commands.acknowledgeJob(context, id, body);
      return respondToCommand(done, { status: 200, body: acknowledgementView(done.value) });
    },
  }),
  defineRoute({
    method: 'delete',
    path: '/jobs/:id/acknowledgement',
    operationId: 'endAcknowledgement',
    summary: 'Ends the acknowledgement of a job, which then needs attention as before',
    permission: 'scheduler:jobs:trigger',
    bound: 'job',
    responses: { 204: 'The job is not acknowledged' },
    handle: async ({ context, params: { id } }) => noContent(await commands.endAcknowledgement(context, id)),
  }),
];

/** Saved views: names for filters of the list of jobs, which the tenant shares. */
export const savedViewRoutes = ({ queries, commands }: ApiContext): Route[] => [
  defineRoute({
    method: 'get',
    path: '/views',
    operationId: 'listViews',
    summary: "Lists the tenant's saved views, by name",
    permission: 'scheduler:jobs:read',
    bound: 'closed',
    ofOneTenant: true,
    result: z.object({ views: z.array(SavedView) }),
    responses: { 200: 'At most 100 views' },
    handle: async ({ scope }) => ({ status: 200, body: { views: await queries.listSavedViews(scope) } }),
  }),
  defineRoute({
    method: 'put',
    path: '/views/:name',
    operationId: 'saveView',
    summary: 'Saves a filter of the list of jobs under a name',
    permission: 'scheduler:jobs:write',
    bound: 'closed',
    accepts: SaveView,
    result: SavedView,
    responses: { 200: 'The view' },
    handle: async ({ context, params: { name }, body }) => {
      const done = await commands.saveView(context, name, body);
      return respondToCommand(done, { status: 200, body: done.value });
    },
  }),
  defineRoute({
    method: 'delete',
    path: '/views/:name',
    operationId: 'deleteView',
    summary: 'Deletes a saved view',
    permission: 'scheduler:jobs:write',
    bound: 'closed',
    responses: { 204: 'The view is deleted' },
    handle: async ({ context, params: { name } }) => noContent(await commands.deleteView(context, name)),
  }),
];
