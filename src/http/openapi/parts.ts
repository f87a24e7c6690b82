import { z } from 'zod';
import { ProblemSchema } from '../responses/problem-details.ts';

export const problem = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: ProblemSchema } },
});
/** Query parameters and headers that all routes share. */

export const commonQuery = ({ changes }: { changes: boolean }) => ({
  tenant: z
    .string()
    .optional()
    .meta({ description: `Administrators only: a tenant other than the token's${changes ? '' : '; * for all'}` }),
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

/** How a request says which job or application is meant. */
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
