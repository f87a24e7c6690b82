import { z } from 'zod';
import { defined } from '../../domain/defined.ts';
import { JOB_STATES } from '../../domain/events/index.ts';
import { JobStatistics } from '../../projections/queries/job-statistics.ts';
import { HourView } from '../../projections/queries/overview/hours.ts';
import { Report } from '../../projections/queries/report.ts';
import { UpcomingSlots } from '../../projections/queries/slots/upcoming-slots.ts';
import { Statistics } from '../../projections/queries/statistics.ts';
import { hasAllPermissions } from '../callers/authorize.ts';
import type { ApiContext } from '../context.ts';
import { AsOfQuery, scopeAsOf } from '../instants.ts';
import { SlotCountsSchema } from '../resources/audit.ts';
import { defineRoute, type Route } from '../route.ts';
import { IdParams } from '../validate.ts';
import { HoursQuery, ReportQuery, UpcomingQuery } from './filters.ts';
import { jobNotFound } from './jobs.ts';
import { spanOf } from './occurrences.ts';

const EngineSchema = z.looseObject({
  engineId: z.string(),
  status: z.enum(['joining', 'working', 'resting', 'silent']),
  zoneData: z.string().optional(),
  joinedAt: z.iso.datetime().optional(),
  heartbeatAt: z.iso.datetime().optional(),
  activity: z.string().optional().meta({
    description: "The current activity of this process's engine, such as claiming; absent for other engines",
  }),
});

const StatisticsSchema = z
  .object({
    jobs: Statistics.shape.jobs.extend({
      states: z
        .record(z.enum(JOB_STATES), z.int())
        .optional()
        .meta({ description: 'Jobs by state; absent as of an instant, and if counting takes too long' }),
    }),
    executions: Statistics.shape.executions,
    slots: SlotCountsSchema.optional().meta({
      description: 'Absent as of an instant, and for a token that is limited to applications',
    }),
    engines: z.array(EngineSchema),
  })
  .meta({ id: 'Statistics' });

const PARTS = 60;
const MINUTE_MS = 60_000;
/** A month of 31 days, with an hour more when clocks change. */
const MAX_REPORT_DAYS = 32;

export const statisticsRoutes = (api: ApiContext): Route[] => [
  defineRoute({
    method: 'get',
    path: '/stats',
    operationId: 'getStatistics',
    summary: 'Counts jobs, executions and slots; administrators also see the engines',
    permission: 'scheduler:jobs:read',
    bound: 'narrowed',
    query: AsOfQuery,
    result: StatisticsSchema,
    answers: { 200: 'The statistics' },
    handle: async ({ scope, caller, query: { asOf } }) => {
      if (asOf !== undefined) {
        // Engines and slot counts of the past are not kept.
        const then = await scopeAsOf(scope, asOf, api);
        return { status: 200, body: { ...(await api.queries.statistics(then)), engines: [] } };
      }
      // An engine runs the jobs of all tenants, so only administrators see it.
      const shownEngines = hasAllPermissions(caller) ? api.engines() : [];
      const [{ jobs, executions }, states, slots, alive] = await Promise.all([
        api.queries.statistics(scope),
        api.queries.jobStates(scope),
        // They are counted for tenants only.
        scope.applications === undefined ? api.queries.slotCounts(scope) : undefined,
        shownEngines,
      ]);
      const shownSlots = slots === undefined ? {} : { slots };
      return { status: 200, body: { jobs: { ...jobs, states }, executions, ...shownSlots, engines: alive } };
    },
  }),
  defineRoute({
    method: 'get',
    path: '/stats/hours',
    operationId: 'getHourlyStatistics',
    summary: 'Counts executions and shows their lateness, hour by hour, oldest first',
    permission: 'scheduler:jobs:read',
    bound: 'narrowed',
    query: HoursQuery,
    result: z.object({ hours: z.array(HourView) }),
    answers: { 200: 'The hours, including the current one' },
    handle: async ({ scope, query: { hours } }) => ({
      status: 200,
      body: { hours: await api.queries.hourlyStatistics(scope, hours) },
    }),
  }),
  defineRoute({
    method: 'get',
    path: '/stats/jobs',
    operationId: 'getReport',
    summary: `Counts the executions and slots of each job in up to ${MAX_REPORT_DAYS} days, with the same time before`,
    permission: 'scheduler:executions:read',
    bound: 'narrowed',
    query: ReportQuery,
    result: Report,
    answers: { 200: 'The report' },
    handle: async ({ scope, query: { applicationId, ...asked } }) => {
      const span = spanOf(asked, { days: MAX_REPORT_DAYS, clock: api.clock });
      return { status: 200, body: await api.queries.report(scope, defined({ ...span, applicationId })) };
    },
  }),
  defineRoute({
    method: 'get',
    path: '/jobs/:id/statistics',
    operationId: 'getJobStatistics',
    summary: "Counts a job's successes and failures over 24 hours, 7 and 30 days, each with the same time before",
    permission: 'scheduler:executions:read',
    bound: 'job',
    params: IdParams,
    result: JobStatistics,
    answers: { 200: 'The statistics' },
    handle: async ({ scope, params: { id } }) => {
      if ((await api.queries.getJob(scope, id)) === undefined) throw jobNotFound(id);
      return { status: 200, body: await api.queries.jobStatistics(scope, id) };
    },
  }),
  defineRoute({
    method: 'get',
    path: '/upcoming',
    operationId: 'getUpcomingSlots',
    summary: 'Counts the slots of the next minutes, and lists the jobs that run next',
    permission: 'scheduler:jobs:read',
    bound: 'narrowed',
    query: UpcomingQuery,
    result: UpcomingSlots,
    answers: { 200: 'The upcoming slots' },
    handle: async ({ scope, query: { minutes } }) => ({
      status: 200,
      body: await api.queries.upcomingSlots(scope, { lengthMs: minutes * MINUTE_MS, parts: PARTS }),
    }),
  }),
];
