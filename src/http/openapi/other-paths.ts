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
    .meta({ description: 'All that the user may do, also as an administrator and by roles' }),
  roles: z.array(z.string()),
  applications: z.array(z.int()).optional().meta({ description: 'They are bound to these; absent: to none' }),
  signedInBy: z.enum(['jwt', 'apiToken', 'oidc']),
  expiresAt: Instant.optional().meta({ description: 'Absent where the credential does not expire' }),
});

export const SessionAnswerSchema = z
  .object({
    session: SessionSchema.nullable().meta({ description: 'null: nobody is signed in' }),
    signIn: z.array(z.enum(['token', 'oidc'])).meta({
      description: 'The ways to sign in: `token` by POST /session, `oidc` at GET /sign-in',
    }),
  })
  .meta({ id: 'Session' });
export type SessionAnswer = z.infer<typeof SessionAnswerSchema>;

const FOREIGN_PAGE = problem('The request does not come from a page of the same origin');
const NO_PROVIDER = problem('No identity provider is set up');
const NOT_ENDED = problem('The cookie is cleared; the log does not answer, so copies of it may open the session still');
const AWAY = problem('The identity provider cannot be used: try again after Retry-After');

/** Description of how browsers sign in and out. */
export const sessionPaths: ZodOpenApiPathsObject = {
  '/session': {
    get: {
      operationId: 'getSession',
      summary: 'Says who is signed in, what they may do, and how one can sign in',
      tags: ['session'],
      ...NO_TOKEN,
      responses: {
        200: json(
          'The session, or null where the request carries no cookie or one that has ended',
          SessionAnswerSchema,
        ),
        401: problem('The bearer token was rejected'),
        429: problem('Too many requests: try again after Retry-After'),
        503: problem('Tokens cannot be checked: try again after Retry-After'),
      },
    },
    post: {
      operationId: 'signIn',
      summary: 'Sets the session cookie, by a bearer token: a JWT or an API token',
      description:
        'The cookie lasts as long as the token, of an API token 30 days at the most. No script can read it, and pages of other sites do not send it.',
      tags: ['session'],
      security: [{ bearer: [] }],
      responses: {
        204: { description: 'The cookie is set' },
        401: problem('No valid token was given, or it does not fit in a cookie'),
        429: problem('Too many requests: try again after Retry-After'),
        503: problem('Tokens cannot be checked: try again after Retry-After'),
      },
    },
    delete: {
      operationId: 'signOut',
      summary: 'Ends the session, wherever its cookie was copied to, and clears the cookie',
      tags: ['session'],
      ...NO_TOKEN,
      responses: {
        204: { description: 'The session has ended, or there was none, and the cookie is cleared' },
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
            .meta({ description: 'A path of this service, where the browser goes afterwards' }),
        }),
      },
      responses: {
        303: { description: 'To the identity provider, with a cookie for the way back' },
        400: problem('`returnTo` is not a path of this service'),
        404: NO_PROVIDER,
        503: AWAY,
      },
    },
  },
  '/sign-in/callback': {
    get: {
      operationId: 'endSignIn',
      summary: 'Where the identity provider sends the browser back: sets the session cookie, and goes on to `returnTo`',
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
        200: text('A page that goes on by itself', 'text/html'),
        401: problem('The provider let nobody in, or its answer is not that of a sign-in of this browser'),
        404: NO_PROVIDER,
        503: AWAY,
      },
    },
  },
  '/sign-out': {
    post: {
      operationId: 'signOutEverywhere',
      summary: 'Ends the session, and sends the browser to the identity provider to sign out there too',
      tags: ['session'],
      ...NO_TOKEN,
      responses: { 200: text('A page that goes on by itself', 'text/html'), 403: FOREIGN_PAGE, 503: NOT_ENDED },
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
      summary: 'Streams the events of jobs and executions, in the order of the log',
      description:
        'Server-sent events with CloudEvents as data. Needs the permission `scheduler:executions:read`; events of definitions are for those with `scheduler:jobs:read`.',
      tags: ['events'],
      requestParams: {
        query: z.object({
          after: z
            .string()
            .optional()
            .meta({ description: 'The id of the event after which to begin; 0 for the first' }),
          jobId: Address.optional(),
          type: z.string().optional().meta({ description: 'Only events of these types, with commas between them' }),
          tenant: z.string().optional().meta({ description: 'For administrators: the tenant, or * for all' }),
        }),
        header: z.object({
          'Last-Event-ID': z.string().optional().meta({ description: 'The same as `after`; browsers send it' }),
        }),
      },
      responses: {
        200: text('A stream that does not end', 'text/event-stream'),
        400: problem('`after` is not the id of an event'),
        401: problem('No valid token was given'),
        403: problem('The token lacks the permission'),
        429: problem('The tenant has as many streams open as it may'),
        default: problem('A fault of the service'),
      },
    },
  },
  '/audit/export': {
    get: {
      operationId: 'exportLog',
      summary: 'Exports the events of a tenant with a signed manifest, which proves that none was changed or left out',
      description:
        'Needs the permission `scheduler:audit:read`. Each line is a row; the first is a header and the last the manifest, as docs/how-to/audit.md has them.',
      tags: ['audit'],
      requestParams: {
        query: describedInstants(ExportQuery).extend({
          tenant: z.string().optional().meta({ description: 'For administrators: the tenant' }),
        }),
      },
      responses: {
        200: text('The export', 'application/x-ndjson'),
        400: problem('A parameter is malformed'),
        401: problem('No valid token was given'),
        403: problem('The token lacks the permission'),
        409: problem('The server has no key to sign with'),
        429: problem('As many exports are under way as may be'),
        default: problem('A fault of the service'),
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
      summary: 'Shows the JSON Schema of a bootstrap file, by which editors complete and check it',
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
      summary: 'Says that the process lives',
      tags: ['health'],
      ...NO_TOKEN,
      responses: { 200: json('It lives', z.object({ status: z.literal('ok') })) },
    },
  },
  '/readyz': {
    servers: AT_ROOT,
    get: {
      operationId: 'getReadiness',
      summary: 'Says whether the process can do its work, and what is degraded',
      tags: ['health'],
      ...NO_TOKEN,
      description: 'Needs no token. Reasons are shown to tokens with `scheduler:admin` and on METRICS_PORT.',
      responses: { 200: json('It is ready', ReadinessSchema), 503: json('It is not ready', ReadinessSchema) },
    },
  },
  '/metrics': {
    servers: AT_ROOT,
    get: {
      operationId: 'getMetrics',
      summary: 'Shows the metrics of the process, for Prometheus',
      description: 'Needs the permission `scheduler:admin`; on METRICS_PORT no token.',
      tags: ['health'],
      responses: {
        200: text('Metrics in the text format of Prometheus', 'text/plain'),
        401: problem('No valid token was given'),
        403: problem('The token lacks the permission'),
      },
    },
  },
};
