import { UpcomingSchema } from '../openapi/glance-schemas.ts';
import { defineRoute, type Route } from '../route.ts';
import type { RouteDeps } from './deps.ts';
import { UpcomingQuery } from './filters.ts';

const PARTS = 60;
const MINUTE_MS = 60_000;

export const upcomingRoutes = ({ queries }: Pick<RouteDeps, 'queries'>): Route[] => [
  defineRoute({
    method: 'get',
    path: '/upcoming',
    operationId: 'getUpcomingSlots',
    summary: 'Counts the slots that come due in the time ahead, and names the jobs that run next',
    permission: 'scheduler:jobs:read',
    bound: 'narrowed',
    query: UpcomingQuery,
    result: UpcomingSchema,
    answers: { 200: 'The slots ahead' },
    handle: async ({ scope, query: { minutes } }) => ({
      status: 200,
      body: await queries.upcomingSlots(scope, { lengthMs: minutes * MINUTE_MS, parts: PARTS }),
    }),
  }),
];
