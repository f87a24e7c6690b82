import { z } from 'zod';
import { ProblemSchema } from '../responses/problem-details.ts';

export const problem = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: ProblemSchema } },
});
/** Query parameters and headers of all routes. */

export const commonQuery = ({ changes, takesAllTenants }: { changes: boolean; takesAllTenants: boolean }) => ({
  tenant: z
    .string()
    .optional()
    .meta({
      description: `Administrators only: a tenant other than the token's${takesAllTenants ? '; * for all' : ''}`,
    }),
  ...(changes
    ? {
        consistency: z
          .literal('eventual')
          .optional()
          .meta({ description: 'Respond immediately, before the read models show the change' }),
      }
    : {}),
});

type HeadersTaken = {
  readonly takesKey: boolean;
  readonly takesReason: boolean;
  readonly conditional: boolean;
  readonly makesNew: boolean;
};

export const commonHeaders = ({ takesKey, takesReason, conditional, makesNew }: HeadersTaken) => ({
  'X-Request-Id': z.string().optional().meta({ description: 'Returned in the response and stored with the change' }),
  ...(takesKey
    ? {
        'Idempotency-Key': z.string().max(255).optional().meta({
          description:
            'Repeating the same request with the same key within 24 h returns the same response and changes nothing',
        }),
      }
    : {}),
  ...(takesReason
    ? {
        'Carillon-Reason': z.string().optional().meta({
          description:
            'The reason, stored with the change. Percent-encode characters outside ASCII as UTF-8; other percent signs stay as they are',
        }),
      }
    : {}),
  ...(conditional
    ? { 'If-Match': z.string().optional().meta({ description: 'The ETag of the revision to change' }) }
    : {}),
  ...(makesNew
    ? { 'If-None-Match': z.literal('*').optional().meta({ description: 'Only create; do not change an existing one' }) }
    : {}),
});

/** Only with CALLER_REQUESTS_PER_MINUTE. */
const rateLimitHeaders = {
  RateLimit: z
    .string()
    .optional()
    .meta({ description: 'Remaining requests (r), and seconds (t) until all are available again' }),
  'RateLimit-Policy': z.string().optional().meta({ description: 'Requests (q) that a caller can send in 60 s (w)' }),
};

/** An id or address of a job or application. */
export const Address = z.union([z.int().positive(), z.string()]).meta({
  description: 'The id; or the name of an application, or `application/name` for a job',
});

type ResponseKind = { readonly status: number; readonly paged: boolean; readonly method: string };

export const responseHeaders = ({ status, paged, method }: ResponseKind) =>
  z.object({
    ...rateLimitHeaders,
    ...(paged
      ? {
          Link: z.string().optional().meta({
            description:
              'The next page (rel="next") and, for executions, the previous one (rel="prev"); absent if there is none',
          }),
          'X-Total-Count': z
            .string()
            .optional()
            .meta({ description: 'The total number, if it is counted; can be "10000+"' }),
        }
      : {}),
    ...(method === 'get'
      ? {
          'Carillon-Lag': z
            .int()
            .optional()
            .meta({ description: 'Seconds that the read models are behind the log; absent below 1' }),
        }
      : {}),
    ...(status === 201 || status === 202 ? { Location: z.string().optional() } : {}),
    ...(method === 'get' || status === 202
      ? {}
      : {
          'Carillon-Consistency': z
            .literal('pending')
            .optional()
            .meta({ description: 'The read models do not show the change yet' }),
        }),
    ETag: z.string().optional().meta({ description: "A job's or application's revision" }),
  });

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
