import { z } from 'zod';
import { defined } from '../../domain/defined.ts';
import { ProblemSchema } from '../responses/problem-details.ts';
import { isChange, type Route, takesAllTenants, takesKey, takesReason } from '../route.ts';

export const problem = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: ProblemSchema } },
});
/** Query parameters and headers of all routes. */

const text = (description: string) => z.string().optional().meta({ description });

export const commonQuery = (route: Route) =>
  defined({
    tenant: text(`Administrators only: a tenant other than the token's${takesAllTenants(route) ? '; * for all' : ''}`),
    consistency: isChange(route)
      ? z.literal('eventual').optional().meta({
          description: 'Respond immediately, before the read models show the change',
        })
      : undefined,
  });

const KEY = z.string().max(255).optional().meta({
  description: 'Repeating the same request with the same key within 24 h returns the same response and changes nothing',
});
const REASON = text(
  'The reason, stored with the change. Percent-encode characters outside ASCII as UTF-8; other percent signs stay as they are',
);
const NONE_MATCH = z.literal('*').optional().meta({ description: 'Only create; do not change an existing one' });

export const commonHeaders = (route: Route) =>
  defined({
    'X-Request-Id': text('Returned in the response and stored with the change'),
    'Idempotency-Key': takesKey(route) ? KEY : undefined,
    'Carillon-Reason': takesReason(route) ? REASON : undefined,
    'If-Match': route.conditional && text('The ETag of the revision to change'),
    'If-None-Match': route.makesNew && NONE_MATCH,
  });

/** Only with CALLER_REQUESTS_PER_MINUTE. */
const rateLimitHeaders = {
  RateLimit: text('Remaining requests (r), and seconds (t) until all are available again'),
  'RateLimit-Policy': text('Requests (q) that a caller can send in 60 s (w)'),
};

/** An id or address of a job or application. */
export const Address = z.union([z.int().positive(), z.string()]).meta({
  description: 'The id; or the name of an application, or `application/name` for a job',
});

const LINK = text(
  'The next page (rel="next") and, for executions, the previous one (rel="prev"); absent if there is none',
);
const LAG = z.int().optional().meta({ description: 'Seconds that the read models are behind the log; absent below 1' });
const PENDING = z.literal('pending').optional().meta({ description: 'The read models do not show the change yet' });

export const responseHeaders = ({ method, query }: Route, status: number) => {
  const isPaged = query instanceof z.ZodObject && 'cursor' in query.shape;
  return z.object(
    defined({
      ...rateLimitHeaders,
      Link: isPaged ? LINK : undefined,
      'X-Total-Count': isPaged ? text('The total number, if it is counted; can be "10000+"') : undefined,
      'Carillon-Lag': method === 'get' ? LAG : undefined,
      Location: status === 201 || status === 202 ? z.string().optional() : undefined,
      'Carillon-Consistency': method === 'get' || status === 202 ? undefined : PENDING,
      ETag: text('The revision of a job, an application, an alert rule or the list of allowed targets'),
    }),
  );
};

/** Descriptions of tags. The first part of a path is its tag. */
export const TAGS = {
  jobs: 'Jobs: schedule, request, slots, history and manual runs',
  executions: 'Runs of jobs, with their attempts and results',
  queues: 'Work for the functions of programs',
  applications: 'Applications own jobs, variables, secrets, limits and certificates',
  backfills: 'Runs of a job for past slots',
  occurrences: 'Slots of all jobs, with the outcome of each',
  secrets: 'The keys that seal secrets',
  calendars: 'Dates on which jobs run, or do not run',
  pauses: 'Pauses of jobs, with reasons',
  'alert-rules': 'Rules that notify receivers of problems',
  alerts: 'Active problems and their notifications',
  operations: 'Bulk changes of jobs or executions, with their progress',
  tokens: 'API tokens for callers that are not users',
  users: 'People who are signed in',
  tenants: 'Tenants of this installation',
  engine: 'Release of engines after a log was restored',
  'allowed-targets': 'Internal targets that jobs of the installation can call',
  stats: 'Counts of jobs, slots and executions by state',
  attention: 'Jobs that need attention',
  views: 'Names for filters of the list of jobs',
  upcoming: 'Slots of the next minutes',
  audit: 'Who changed what, and proofs that the records are unaltered',
  projections: 'The read models, and how to rebuild them',
  bootstrap: 'Applications and jobs from files',
  preview: 'When a job would run, and which request it would send',
  events: 'Live events',
  session: 'Signing in and out with a browser',
  health: 'Health for probes and monitoring',
  openapi: 'This document, and the schemas of files',
} as const satisfies Readonly<Record<string, string>>;
