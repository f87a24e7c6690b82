import { z } from 'zod';
import { alertResource } from '../alert-resources.ts';
import { AlertSchema } from '../openapi/alert-schemas.ts';
import { pageAnswer, pageQuery, toPageRequest } from '../pages.ts';
import { defineRoute, type Route, tenantScope } from '../route.ts';
import { PathId } from '../validate.ts';
import type { RouteDeps } from './deps.ts';

const AlertsQuery = z.strictObject({
  rule: z.string().min(1).max(64).exactOptional(),
  jobId: PathId.exactOptional(),
  applicationId: PathId.exactOptional(),
  ...pageQuery,
});

export const alertRoutes = ({ queries }: Pick<RouteDeps, 'queries'>): Route[] => [
  defineRoute({
    method: 'get',
    path: '/alerts',
    operationId: 'listAlerts',
    summary: 'Lists the alerts that are firing, by rule and job, with what became of their notifications',
    permission: 'scheduler:jobs:read',
    bound: 'narrowed',
    query: AlertsQuery,
    result: z.array(AlertSchema),
    answers: { 200: 'A page of alerts' },
    handle: async ({ query: { limit, cursor, ...filter }, link, ...request }) => {
      const page = await queries.listAlerts(tenantScope(request), filter, toPageRequest({ limit, cursor }));
      return pageAnswer(page, link, alertResource);
    },
  }),
];
