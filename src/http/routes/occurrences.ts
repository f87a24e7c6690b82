import { z } from 'zod';
import { refuseField } from '../../domain/refusal.ts';
import { FIRST_INSTANT_MS, toInstant, toMs } from '../../domain/values.ts';
import type { OccurrenceFilter, OccurrenceView } from '../../projections/queries/port/executions.ts';
import type { Clock } from '../../world.ts';
import { scopeAsOf } from '../as-of.ts';
import { refuseExpired } from '../expired.ts';
import { OccurrenceSchema } from '../openapi/resource-schemas.ts';
import { pageAnswer, toPageRequest } from '../pages.ts';
import { defineRoute, type Route } from '../route.ts';
import { IdParams, NoBody, NoParams } from '../validate.ts';
import type { RouteDeps } from './deps.ts';
import { OccurrencesQuery } from './filters.ts';
import { jobNotFound } from './jobs.ts';

const DAY_MS = 86_400_000;
const DAYS_OF_A_JOB = 31;
const DAYS_OF_A_TENANT = 1;

export const occurrenceRoutes = ({
  queries,
  clock,
  logBegan,
}: Pick<RouteDeps, 'queries' | 'clock' | 'logBegan'>): Route[] => [
  defineRoute({
    method: 'get',
    path: '/jobs/:id/occurrences',
    operationId: 'listJobOccurrences',
    summary: "Lists a job's slots, oldest first, and what became of each; at most 31 days",
    permission: 'scheduler:executions:read',
    params: IdParams,
    query: OccurrencesQuery,
    body: NoBody,
    result: z.array(OccurrenceSchema),
    answers: { 200: 'A page of slots' },
    handle: async ({ scope, params: { id }, query, link }) => {
      const then = await scopeAsOf(scope, query.asOf, { queries, clock, logBegan });
      const span = spanOf(query, { days: DAYS_OF_A_JOB, clock });
      if (!(await queries.jobEverExisted(scope, id))) throw jobNotFound(id);
      await refuseExpired({ queries }, scope, { from: span.from, jobId: id });
      const page = await queries.listOccurrences(then, { ...filterOf(query, span), jobId: id }, toPageRequest(query));
      return pageAnswer(page, withSpan(link, span), occurrenceResource);
    },
  }),
  defineRoute({
    method: 'get',
    path: '/occurrences',
    operationId: 'listOccurrences',
    summary: 'Lists the slots of all jobs, oldest first, and what became of each; at most one day',
    permission: 'scheduler:executions:read',
    params: NoParams,
    query: OccurrencesQuery,
    body: NoBody,
    result: z.array(OccurrenceSchema),
    answers: { 200: 'A page of slots' },
    handle: async ({ scope, query, link }) => {
      const then = await scopeAsOf(scope, query.asOf, { queries, clock, logBegan });
      const span = spanOf(query, { days: DAYS_OF_A_TENANT, clock });
      await refuseExpired({ queries }, scope, { from: span.from });
      const page = await queries.listOccurrences(then, filterOf(query, span), toPageRequest(query));
      return pageAnswer(page, withSpan(link, span), occurrenceResource);
    },
  }),
];

type Query = z.infer<typeof OccurrencesQuery>;
type Span = Pick<OccurrenceFilter, 'from' | 'to'>;

/** @throws Refusal BAD_INPUT where it ends before it begins, or is too long */
const spanOf = ({ from, to, asOf }: Query, { days, clock }: { days: number; clock: Clock }): Span => {
  const toOrNow = to ?? asOf ?? toInstant(clock.now());
  const fromOrBefore = from ?? toInstant(Math.max(toMs(toOrNow) - DAY_MS, FIRST_INSTANT_MS));
  const lengthMs = toMs(toOrNow) - toMs(fromOrBefore);
  if (lengthMs <= 0) throw refuseField('BAD_INPUT', '/to', 'must be after `from`');
  if (lengthMs > days * DAY_MS) throw refuseField('BAD_INPUT', '/to', `must be at most ${days} d after \`from\``);
  return { from: fromOrBefore, to: toOrNow };
};

const filterOf = ({ outcome }: Query, span: Span): OccurrenceFilter => ({
  ...span,
  ...(outcome === undefined ? {} : { outcomes: outcome }),
});

/** The next page is of the same span, though time goes on. */
const withSpan = <Link extends { query: object }>(
  link: Link,
  span: Span,
): Link & { query: Record<string, unknown> } => ({
  ...link,
  query: { ...link.query, ...span },
});

const occurrenceResource = ({ jobId, at, outcome, definitionVersion, ...rest }: OccurrenceView) => ({
  jobId,
  at,
  outcome,
  ...rest,
  definitionVersion,
});
