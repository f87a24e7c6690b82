import { StatisticsSchema } from '../openapi/resource-schemas.ts';
import { defineRoute, type Route } from '../route.ts';
import { NoBody, NoParams, NoQuery } from '../validate.ts';
import type { RouteDeps } from './deps.ts';

export const statisticsRoutes = ({ queries, engines }: RouteDeps): Route[] => [
  defineRoute({
    method: 'get',
    path: '/stats',
    operationId: 'getStatistics',
    summary: 'Counts jobs, executions and slots; names the engines to administrators',
    permission: 'scheduler:jobs:read',
    params: NoParams,
    query: NoQuery,
    body: NoBody,
    result: StatisticsSchema,
    answers: { 200: 'The statistics' },
    handle: async ({ scope, isAdministrator }) => {
      // An engine runs the jobs of all tenants, so only administrators see it.
      const shownEngines = isAdministrator ? engines() : [];
      const [{ jobs, executions }, slots, alive] = await Promise.all([
        queries.statistics(scope),
        queries.slotCounts(scope),
        shownEngines,
      ]);
      return { status: 200, body: { jobs, executions, slots, engines: alive } };
    },
  }),
];
