import { z } from 'zod';
import type { ZodOpenApiOperationObject } from 'zod-openapi';
import { ProblemSchema } from '../responses/problem-details.ts';

/** What answers hold, for descriptions that no route makes. */

/** Of an operation that needs no token. */
export const NO_TOKEN: Pick<ZodOpenApiOperationObject, 'description' | 'security'> = {
  description: 'Needs no token.',
  security: [],
};

export const problem = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: ProblemSchema } },
});
export const text = (description: string, mediaType: string) => ({
  description,
  content: { [mediaType]: { schema: z.string() } },
});
export const json = (description: string, schema: z.ZodType) => ({
  description,
  content: { 'application/json': { schema } },
});

/** Query parameters and headers that all routes share. */

export const commonQuery = ({ changes }: { changes: boolean }) => ({
  tenant: z
    .string()
    .optional()
    .meta({ description: `Another tenant than the token's, for administrators${changes ? '' : '; * for all'}` }),
  ...(changes
    ? {
        consistency: z
          .literal('eventual')
          .optional()
          .meta({ description: 'Answer at once, before the read models show the change' }),
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
  'X-Request-Id': z.string().optional().meta({ description: 'Sent back, and kept with what is recorded' }),
  ...(takesKey
    ? {
        'Idempotency-Key': z
          .string()
          .max(255)
          .optional()
          .meta({ description: 'The same key and request within 24 h give the same answer and change nothing more' }),
      }
    : {}),
  ...(takesReason
    ? {
        'Carillon-Reason': z.string().optional().meta({
          description:
            'Why, kept with what is recorded. Characters that are not ASCII are percent-encoded UTF-8; a percent sign that begins no such character stays as it is',
        }),
      }
    : {}),
  ...(conditional
    ? { 'If-Match': z.string().optional().meta({ description: 'The ETag of the revision that is to be changed' }) }
    : {}),
  ...(makesNew
    ? { 'If-None-Match': z.literal('*').optional().meta({ description: 'Only make a new one, and change none' }) }
    : {}),
});

/** Only with CALLER_REQUESTS_PER_MINUTE. */
const rateLimitHeaders = {
  RateLimit: z
    .string()
    .optional()
    .meta({ description: 'How many requests (r) are left, and in how many seconds (t) all' }),
  'RateLimit-Policy': z.string().optional().meta({ description: 'Requests (q) that a caller may send in 60 s (w)' }),
};

/** How a request says which job or application is meant. */
export const Address = z.union([z.int().positive(), z.string()]).meta({
  description: 'The id; or the name of an application, or `application/name` of a job',
});

type ResponseKind = { readonly status: number; readonly paged: boolean; readonly method: string };

export const responseHeaders = ({ status, paged, method }: ResponseKind) =>
  z.object({
    ...rateLimitHeaders,
    ...(paged
      ? {
          Link: z.string().optional().meta({
            description:
              'The next page, rel="next", and of executions the one before, rel="prev"; each absent where there is none',
          }),
          'X-Total-Count': z
            .string()
            .optional()
            .meta({ description: 'How many there are in all, where that is counted; may read "10000+"' }),
        }
      : {}),
    ...(method === 'get'
      ? {
          'Carillon-Lag': z
            .int()
            .optional()
            .meta({ description: 'By how many seconds the read models are behind the log; absent for less than one' }),
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
