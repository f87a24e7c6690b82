import { z } from 'zod';
import { AsOfQuery, scopeAsOf } from '../as-of.ts';
import { AttentionSchema, HourSchema, UpcomingSchema } from '../openapi/glance-schemas.ts';
import { StatisticsSchema } from '../openapi/resource-schemas.ts';
import { defineRoute, type Route } from '../route.ts';
import type { RouteDeps } from './deps.ts';
import { HoursQuery, UpcomingQuery } from './filters.ts';

const PARTS = 60;
const MINUTE_MS = 60_000;

export const statisticsRoutes = ({ queries, engines, clock, logBegan }: RouteDeps): Route[] => [
  defineRoute({
    method: 'get',
    path: '/stats',
    operationId: 'getStatistics',
    summary: 'Counts jobs, executions and slots; names the engines to administrators',
    permission: 'scheduler:jobs:read',
    bound: 'narrowed',
    query: AsOfQuery,
    result: StatisticsSchema,
    answers: { 200: 'The statistics' },
    handle: async ({ scope, isAdministrator, query: { asOf } }) => {
      if (asOf !== undefined) {
        // Neither the engines of that time nor the counts of its slots are kept.
        const then = await scopeAsOf(scope, asOf, { queries, clock, logBegan });
        return { status: 200, body: { ...(await queries.statistics(then)), engines: [] } };
      }
      // An engine runs the jobs of all tenants, so only administrators see it.
      const shownEngines = isAdministrator ? engines() : [];
      const [{ jobs, executions }, slots, alive] = await Promise.all([
        queries.statistics(scope),
        // They are counted for tenants alone.
        scope.applications === undefined ? queries.slotCounts(scope) : undefined,
        shownEngines,
      ]);
      return { status: 200, body: { jobs, executions, ...(slots === undefined ? {} : { slots }), engines: alive } };
    },
  }),
  defineRoute({
    method: 'get',
    path: '/stats/hours',
    operationId: 'getHourlyStatistics',
    summary: 'Counts executions and tells lateness, hour by hour, oldest first',
    permission: 'scheduler:jobs:read',
    bound: 'narrowed',
    query: HoursQuery,
    result: z.object({ hours: z.array(HourSchema) }),
    answers: { 200: 'The hours; the last one is under way' },
    handle: async ({ scope, query: { hours } }) => ({
      status: 200,
      body: { hours: await queries.hourlyStatistics(scope, hours) },
    }),
  }),
  defineRoute({
    method: 'get',
    path: '/attention',
    operationId: 'listJobsInNeed',
    summary: 'Lists the jobs that somebody should look at, the worst first',
    permission: 'scheduler:jobs:read',
    bound: 'narrowed',
    result: z.object({ jobs: z.array(AttentionSchema) }),
    answers: { 200: '100 of them at the most' },
    handle: async ({ scope }) => ({ status: 200, body: { jobs: await queries.jobsInNeed(scope) } }),
  }),
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
