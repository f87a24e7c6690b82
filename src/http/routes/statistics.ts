import { z } from 'zod';
import { Instant } from '../../domain/values.ts';
import { ATTENTION_KINDS } from '../../projections/queries/port/overview.ts';
import { AsOfQuery, scopeAsOf } from '../as-of.ts';
import { SlotCountsSchema } from '../resources/audit.ts';
import { defineRoute, type Route } from '../route.ts';
import type { RouteDeps } from './deps.ts';
import { HoursQuery, UpcomingQuery } from './filters.ts';

const UpcomingSchema = z
  .object({
    from: Instant,
    to: Instant,
    counts: z.array(z.int()).meta({ description: 'How many slots come due in each of 60 equal parts of this time' }),
    first: z
      .array(z.object({ jobId: z.int(), name: z.string(), timezone: z.string(), at: Instant }))
      .meta({ description: 'The jobs that run next, each with its next slot; 50 at the most' }),
  })
  .meta({ id: 'Upcoming' });

const HourSchema = z
  .object({
    from: Instant,
    executions: z
      .object({ pending: z.int(), running: z.int(), succeeded: z.int(), failed: z.int(), cancelled: z.int() })
      .meta({ description: 'Those that were created in this hour, by how they stand now' }),
    uncalled: z.object({ skipped: z.int(), missed: z.int() }).meta({
      description: 'Slots that were settled without a call; those settled together are of the hour of their last one',
    }),
    lateness: z
      .object({ sample: z.int(), medianMs: z.int(), p99Ms: z.int(), maxMs: z.int() })
      .nullable()
      .meta({ description: 'How long after their time slots were called, of a sample from each five minutes' }),
  })
  .meta({ id: 'Hour' });

const AttentionSchema = z
  .object({
    kind: z.enum(ATTENTION_KINDS).meta({
      description:
        'disabled by `disableAfter`; failing: the newest execution failed; long: it runs three times as long as usual; missed: slots of the last 24 hours',
    }),
    jobId: z.int(),
    name: z.string(),
    application: z.string(),
    since: Instant,
    count: z.int().meta({ description: 'Failures in a row, or slots that were missed' }),
    executionId: z.int().optional(),
    error: z.object({ code: z.string(), message: z.string() }).optional(),
    reason: z.string().optional(),
  })
  .meta({ id: 'Attention' });

const EngineSchema = z.looseObject({
  engineId: z.string(),
  membership: z.enum(['joining', 'working', 'resting', 'silent']),
  zoneData: z.string().optional(),
  joinedAt: z.iso.datetime().optional(),
  beatenAt: z.iso.datetime().optional(),
});

const StatisticsSchema = z
  .object({
    jobs: z.object({ total: z.int(), enabled: z.int() }),
    executions: z.object({
      pending: z.int(),
      running: z.int(),
      succeeded: z.int(),
      failed: z.int(),
      cancelled: z.int(),
      last24h: z.int(),
    }),
    slots: SlotCountsSchema.optional().meta({
      description: 'Not kept as of an instant, nor for a token that is bound to applications',
    }),
    engines: z.array(EngineSchema),
  })
  .meta({ id: 'Statistics' });

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
        // They are counted for tenants only.
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
