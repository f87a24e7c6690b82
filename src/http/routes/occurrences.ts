import { z } from 'zod';
import { defined } from '../../domain/defined.ts';
import { rejectField } from '../../domain/domain-error.ts';
import { CLOSURE_REASONS, JOB_STATES, LATE_REASONS, NOT_CALLED_REASONS } from '../../domain/events/index.ts';
import { WAIT_CAUSES } from '../../domain/execution/pending.ts';
import { EXPECTED_OUTCOMES, SLOT_OUTCOMES } from '../../domain/ledger/explain-slot.ts';
import { wallToInstantMs } from '../../domain/schedule/index.ts';
import { FIRST_INSTANT_MS, Instant, toInstant, toMs } from '../../domain/values.ts';
import type { JobNames } from '../../projections/queries/job-names.ts';
import { JobStatistics } from '../../projections/queries/job-statistics.ts';
import type { SlotDay } from '../../projections/queries/occurrences/slot-days.ts';
import type { OccurrenceView } from '../../projections/queries/occurrences/slots.ts';
import { HourView } from '../../projections/queries/overview/hours.ts';
import { Report } from '../../projections/queries/report.ts';
import { UpcomingSlots } from '../../projections/queries/slots/upcoming-slots.ts';
import { Statistics } from '../../projections/queries/statistics.ts';
import type { Clock } from '../../runtime/runtime.ts';
import { hasAllPermissions } from '../callers/authorize.ts';
import type { ApiContext } from '../context.ts';
import { AsOfQuery, rejectExpired, rejectExpiredList, scopeAsOf } from '../instants.ts';
import { SlotCountsSchema } from '../resources/audit.ts';
import { jobNameSchemas } from '../resources/common.ts';
import { jobNamesOf, pageResponse, toPageRequest } from '../responses/pages.ts';
import { defineRoute, type Route, type RouteRequest } from '../route.ts';
import { HoursQuery, OccurrencesQuery, ReportQuery, SlotDaysQuery, UpcomingQuery } from './filters.ts';
import { jobNotFound } from './jobs.ts';

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
    responses: { 200: 'The statistics' },
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
      return { status: 200, body: defined({ jobs: { ...jobs, states }, executions, slots, engines: alive }) };
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
    responses: { 200: 'The hours, including the current one' },
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
    responses: { 200: 'The report' },
    handle: async ({ scope, query: { applicationId, ...requested } }) => {
      const span = spanOf(requested, { days: MAX_REPORT_DAYS, clock: api.clock });
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
    result: JobStatistics,
    responses: { 200: 'The statistics' },
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
    responses: { 200: 'The upcoming slots' },
    handle: async ({ scope, query: { minutes } }) => ({
      status: 200,
      body: await api.queries.upcomingSlots(scope, { lengthMs: minutes * MINUTE_MS, parts: PARTS }),
    }),
  }),
];

const DAY_MS = 86_400_000;
const DAYS_OF_A_JOB = 31;
const DAYS_OF_A_TENANT = 1;

type ListRequest = RouteRequest & { readonly query: Query };

/** Lists slots of one job or of all, in a span of up to `days`. */
const listOccurrences = async (
  api: ApiContext,
  { scope, query, link }: ListRequest,
  { days, ...ofJob }: { readonly days: number; readonly jobId?: number },
) => {
  const then = await scopeAsOf(scope, query.asOf, api);
  const span = spanOf(query, { days, clock: api.clock });
  if (ofJob.jobId !== undefined && !(await api.queries.jobEverExisted(scope, ofJob.jobId)))
    throw jobNotFound(ofJob.jobId);
  await rejectExpired(api, scope, { from: span.from, ...ofJob });
  const filter = { ...defined({ ...span, outcomes: query.outcome }), ...ofJob };
  const page = await api.queries.listOccurrences(then, filter, toPageRequest(query));
  // The next page has the same time range, although time advances.
  const ofSpan = { ...link, query: { ...link.query, ...span } };
  return pageResponse(page, ofSpan, occurrenceShownBy(await jobNamesOf(api.queries, scope, page.items)));
};

export const occurrenceRoutes = (api: ApiContext): Route[] => [
  defineRoute({
    method: 'get',
    path: '/jobs/:id/occurrences',
    operationId: 'listJobOccurrences',
    summary: "Lists a job's slots with their outcomes, oldest first; at most 31 days",
    permission: 'scheduler:executions:read',
    bound: 'job',
    query: OccurrencesQuery,
    result: z.array(OccurrenceSchema),
    responses: { 200: 'A page of slots' },
    handle: (request) => listOccurrences(api, request, { days: DAYS_OF_A_JOB, jobId: request.params.id }),
  }),
  defineRoute({
    method: 'get',
    path: '/jobs/:id/occurrences/days',
    operationId: 'countJobOccurrences',
    summary: "Counts a job's settled slots on each day of a month, by outcome and reason",
    permission: 'scheduler:executions:read',
    bound: 'job',
    query: SlotDaysQuery,
    result: z.array(SlotDaySchema),
    responses: { 200: 'The days that have settled slots' },
    handle: async ({ scope, params: { id }, query: { month, timezone } }) => {
      if (!(await api.queries.jobEverExisted(scope, id))) throw jobNotFound(id);
      const dates = datesOf(month);
      const midnightsMs = dates.map((date) => wallToInstantMs(timezone, Date.parse(`${date}T00:00:00Z`)));
      await rejectExpiredList(api, scope, { to: toInstant(midnightsMs.at(-1) ?? 0), jobId: id });
      const days = await api.queries.slotDays(scope, id, midnightsMs);
      const shown = days.map((counts, place) => ({ date: dates[place] ?? month, ...counts }));
      return { status: 200, body: shown.filter(hasSlots) };
    },
  }),
  defineRoute({
    method: 'get',
    path: '/occurrences',
    operationId: 'listOccurrences',
    summary: 'Lists the slots of all jobs with their outcomes, oldest first; at most one day',
    permission: 'scheduler:executions:read',
    bound: 'narrowed',
    query: OccurrencesQuery,
    result: z.array(OccurrenceSchema),
    responses: { 200: 'A page of slots' },
    handle: (request) => listOccurrences(api, request, { days: DAYS_OF_A_TENANT }),
  }),
];

/** The dates of a month, plus the following one. */
const datesOf = (month: string): readonly string[] => {
  const [year = 1970, number = 1] = month.split('-').map(Number);
  const length = new Date(Date.UTC(year, number, 0)).getUTCDate();
  return Array.from({ length: length + 1 }, (_, day) =>
    new Date(Date.UTC(year, number - 1, day + 1)).toISOString().slice(0, 'YYYY-MM-DD'.length),
  );
};

const hasSlots = ({ fired, late, skipped, missed }: SlotDay): boolean =>
  fired > 0 || [late, skipped, missed].some((counts) => Object.keys(counts).length > 0);

type Query = z.infer<typeof OccurrencesQuery>;
type Span = { readonly from: string; readonly to: string };

/**
 * The requested span; by default the last 24 hours.
 * @throws DomainError BAD_INPUT if it ends before it begins, or is too long
 */
const spanOf = (
  { from, to, asOf }: Partial<Span> & { readonly asOf?: string },
  { days, clock }: { days: number; clock: Clock },
): Span => {
  const toOrNow = to ?? asOf ?? toInstant(clock.now());
  const fromOrBefore = from ?? toInstant(Math.max(toMs(toOrNow) - DAY_MS, FIRST_INSTANT_MS));
  const lengthMs = toMs(toOrNow) - toMs(fromOrBefore);
  if (lengthMs <= 0) throw rejectField('BAD_INPUT', '/to', 'must be after `from`');
  if (lengthMs > days * DAY_MS) throw rejectField('BAD_INPUT', '/to', `must be at most ${days} d after \`from\``);
  return { from: fromOrBefore, to: toOrNow };
};

const occurrenceShownBy =
  (names: ReadonlyMap<number, JobNames>) =>
  ({ jobId, ...slot }: OccurrenceView) => ({ jobId, ...names.get(jobId), ...slot });

const OccurrenceSchema = z
  .object({
    jobId: z.int(),
    applicationId: z.int().optional(),
    ...jobNameSchemas,
    at: Instant,
    dueAt: Instant.optional().meta({ description: 'When the slot is or was due, if a calendar moved it' }),
    outcome: z.enum(SLOT_OUTCOMES),
    reason: z
      .enum([...new Set([...NOT_CALLED_REASONS, ...LATE_REASONS, ...WAIT_CAUSES])])
      .optional()
      .meta({ description: 'Why it was not called or late; of a due slot, what its execution waits for' }),
    executionId: z.int().optional(),
    expected: z
      .enum(EXPECTED_OUTCOMES)
      .optional()
      .meta({ description: 'The expected outcome of a due slot; absent if it will be called on time' }),
    expectedReason: z.enum(CLOSURE_REASONS).optional().meta({ description: 'The reason for the expected outcome' }),
    calendars: z
      .array(z.string())
      .optional()
      .meta({ description: 'The calendars that exclude the date of a slot that is skipped or moved' }),
    pauseId: z.int().optional().meta({ description: 'The pause that skips or defers the slot' }),
    operationId: z.int().optional().meta({ description: 'The bulk operation that set the pause' }),
    definitionVersion: z.int().meta({ description: 'The version of the job at that time; the first is 1' }),
  })
  .meta({ id: 'Occurrence', description: 'A slot of a job, with its outcome' });

const SlotDaySchema = z
  .object({
    date: z.string().meta({ format: 'date' }),
    ...SlotCountsSchema.shape,
    failed: z.int().meta({ description: 'Called slots, on time or late, that failed' }),
  })
  .meta({ id: 'SlotDay', description: 'The outcomes of the slots of a day' });
