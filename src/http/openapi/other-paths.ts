import { z } from 'zod';
import type { ZodOpenApiPathsObject } from 'zod-openapi';
import { FILE_NAMES } from '../../bootstrap/file-schemas.ts';
import { PERMISSIONS } from '../../domain/permissions.ts';
import { Instant } from '../../domain/values.ts';
import { ExportQuery } from '../export.ts';
import { describedInstants } from '../instants.ts';
import { ReadinessSchema } from '../resources/installation.ts';
import { Address, json, NO_TOKEN, problem, text } from './parts.ts';

const SessionSchema = z.object({
  user: z.string(),
  tenant: z.string(),
  permissions: z
    .array(z.enum(PERMISSIONS))
    .meta({ description: 'All permissions, including those from roles and of administrators' }),
  roles: z.array(z.string()),
  applications: z
    .array(z.int())
    .optional()
    .meta({ description: 'The applications that the user is limited to; absent: no limit' }),
  signedInBy: z.enum(['jwt', 'apiToken', 'oidc']),
  expiresAt: Instant.optional().meta({ description: 'Absent if the credential does not expire' }),
});

export const SessionAnswerSchema = z
  .object({
    session: SessionSchema.nullable().meta({ description: 'null: no one is signed in' }),
    signIn: z.array(z.enum(['token', 'oidc'])).meta({
      description: 'The ways to sign in: `token` by POST /session, `oidc` at GET /sign-in',
    }),
  })
  .meta({ id: 'Session' });
export type SessionAnswer = z.infer<typeof SessionAnswerSchema>;

const FOREIGN_PAGE = problem('The request does not come from a page of the same origin');
const NO_PROVIDER = problem('No identity provider is set up');
const NOT_ENDED = problem(
  'The cookie is cleared, but the log does not respond, so copies of the cookie may still work',
);
const AWAY = problem('The identity provider is unavailable: retry after Retry-After');

/** Description of how browsers sign in and out. */
export const sessionPaths: ZodOpenApiPathsObject = {
  '/session': {
    get: {
      operationId: 'getSession',
      summary: 'Shows who is signed in, with which permissions, and the ways to sign in',
      tags: ['session'],
      ...NO_TOKEN,
      responses: {
        200: json('The session, or null if the request has no cookie or its session has ended', SessionAnswerSchema),
        401: problem('The bearer token was rejected'),
        429: problem('Too many requests: retry after Retry-After'),
        503: problem('Tokens cannot be verified: retry after Retry-After'),
      },
    },
    post: {
      operationId: 'signIn',
      summary: 'Exchanges a bearer token (a JWT or an API token) for the session cookie',
      description:
        'The cookie lasts as long as the token, for an API token at most 30 days. Scripts cannot read it, and other sites cannot send it.',
      tags: ['session'],
      security: [{ bearer: [] }],
      responses: {
        204: { description: 'The cookie is set' },
        401: problem('The request has no valid token, or the token does not fit in a cookie'),
        429: problem('Too many requests: retry after Retry-After'),
        503: problem('Tokens cannot be verified: retry after Retry-After'),
      },
    },
    delete: {
      operationId: 'signOut',
      summary: 'Ends the session, including copies of its cookie, and clears the cookie',
      tags: ['session'],
      ...NO_TOKEN,
      responses: {
        204: { description: 'The session has ended, if there was one, and the cookie is cleared' },
        403: FOREIGN_PAGE,
        503: NOT_ENDED,
      },
    },
  },
  '/sign-in': {
    get: {
      operationId: 'signInAtProvider',
      summary: 'Sends a browser to the identity provider to sign in',
      tags: ['session'],
      ...NO_TOKEN,
      requestParams: {
        query: z.object({
          returnTo: z
            .string()
            .optional()
            .meta({ description: 'A path of this service that the browser opens afterwards' }),
        }),
      },
      responses: {
        303: { description: 'Redirects to the identity provider, with a cookie for the return' },
        400: problem('`returnTo` is not a path of this service'),
        404: NO_PROVIDER,
        503: AWAY,
      },
    },
  },
  '/sign-in/callback': {
    get: {
      operationId: 'endSignIn',
      summary:
        'Completes the sign-in when the identity provider sends the browser back: sets the session cookie and redirects to `returnTo`',
      tags: ['session'],
      ...NO_TOKEN,
      requestParams: {
        query: z.object({
          state: z.string().optional(),
          code: z.string().optional(),
          error: z.string().optional(),
        }),
      },
      responses: {
        200: text('A page that continues automatically', 'text/html'),
        401: problem('The provider rejected the sign-in, or its response belongs to another browser'),
        404: NO_PROVIDER,
        503: AWAY,
      },
    },
  },
  '/sign-out': {
    post: {
      operationId: 'signOutEverywhere',
      summary: 'Ends the session and redirects the browser to the identity provider to sign out there as well',
      tags: ['session'],
      ...NO_TOKEN,
      responses: { 200: text('A page that continues automatically', 'text/html'), 403: FOREIGN_PAGE, 503: NOT_ENDED },
    },
  },
};

/** Descriptions of what is served beside the routes of the API: the stream of events, this document, and health. */

/** Health and metrics are outside the API's prefix. */
const AT_ROOT = [{ url: '/' }];
export const otherPaths: ZodOpenApiPathsObject = {
  '/events': {
    get: {
      operationId: 'streamEvents',
      summary: 'Streams the events of jobs and executions in log order',
      description:
        'Server-sent events with CloudEvents as data. Requires the permission `scheduler:executions:read`; events of definitions also require `scheduler:jobs:read`.',
      tags: ['events'],
      requestParams: {
        query: z.object({
          after: z
            .string()
            .optional()
            .meta({ description: 'Start after the event with this id; 0 starts with the first' }),
          jobId: Address.optional(),
          type: z.string().optional().meta({ description: 'Only events of these types, separated by commas' }),
          tenant: z.string().optional().meta({ description: 'Administrators only: the tenant, or * for all' }),
        }),
        header: z.object({
          'Last-Event-ID': z.string().optional().meta({ description: 'Same as `after`; browsers send it' }),
        }),
      },
      responses: {
        200: text('A stream that does not end', 'text/event-stream'),
        400: problem('`after` is not the id of an event'),
        401: problem('The request has no valid token'),
        403: problem('The token lacks the permission'),
        429: problem('The tenant has reached its limit of open streams'),
        default: problem('Internal error'),
      },
    },
  },
  '/audit/export': {
    get: {
      operationId: 'exportLog',
      summary: 'Exports the events of a tenant with a signed manifest that proves that none was changed or omitted',
      description:
        'Requires the permission `scheduler:audit:read`. Each line is a row; the first is a header and the last is the manifest. See docs/how-to/audit.md.',
      tags: ['audit'],
      requestParams: {
        query: describedInstants(ExportQuery).extend({
          tenant: z.string().optional().meta({ description: 'Administrators only: the tenant' }),
        }),
      },
      responses: {
        200: text('The export', 'application/x-ndjson'),
        400: problem('A parameter is malformed'),
        401: problem('The request has no valid token'),
        403: problem('The token lacks the permission'),
        409: problem('The server has no signing key'),
        429: problem('The limit of simultaneous exports is reached'),
        default: problem('Internal error'),
      },
    },
  },
  '/openapi.json': {
    get: {
      operationId: 'getOpenApi',
      summary: 'Shows this document',
      tags: ['openapi'],
      ...NO_TOKEN,
      responses: { 200: json('The description of the API', z.object({ openapi: z.string() })) },
    },
  },
  '/schemas/{file}': {
    get: {
      operationId: 'getFileSchema',
      summary: 'Shows the JSON Schema of a bootstrap file, for completion and validation in editors',
      tags: ['openapi'],
      ...NO_TOKEN,
      requestParams: { path: z.object({ file: z.enum(FILE_NAMES) }) },
      responses: {
        200: json('A JSON Schema, draft 7', z.object({ $schema: z.string() })),
        404: problem('There is no such file'),
      },
    },
  },
  '/healthz': {
    servers: AT_ROOT,
    get: {
      operationId: 'getHealth',
      summary: 'Shows that the process is alive',
      tags: ['health'],
      ...NO_TOKEN,
      responses: { 200: json('The process is alive', z.object({ status: z.literal('ok') })) },
    },
  },
  '/readyz': {
    servers: AT_ROOT,
    get: {
      operationId: 'getReadiness',
      summary: 'Shows whether the process is ready, and which components are degraded',
      tags: ['health'],
      ...NO_TOKEN,
      description: 'Requires no token. Only tokens with `scheduler:admin` and METRICS_PORT see the reasons.',
      responses: { 200: json('It is ready', ReadinessSchema), 503: json('It is not ready', ReadinessSchema) },
    },
  },
  '/metrics': {
    servers: AT_ROOT,
    get: {
      operationId: 'getMetrics',
      summary: 'Shows the metrics of the process, for Prometheus',
      description: 'Requires the permission `scheduler:admin`; on METRICS_PORT no token.',
      tags: ['health'],
      responses: {
        200: text('Metrics in the Prometheus text format', 'text/plain'),
        401: problem('The request has no valid token'),
        403: problem('The token lacks the permission'),
      },
    },
  },
};
