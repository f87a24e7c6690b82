import { z } from 'zod';
import type { ZodOpenApiPathsObject } from 'zod-openapi';
import { ExportQuery } from '../export.ts';
import { ReadinessSchema } from '../resources/server.ts';
import { json, NO_TOKEN, problem, text } from './content.ts';

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
          job: z.int().optional().meta({ description: 'Only events of this job' }),
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
        'Needs the permission `scheduler:audit:read`. Each line is a row; the first is a header and the last the manifest, as docs/audit.md has them.',
      tags: ['audit'],
      requestParams: {
        query: ExportQuery.extend({
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
      operationId: 'getDescription',
      summary: 'Shows this document',
      tags: ['openapi'],
      security: NO_TOKEN,
      responses: { 200: json('The description of the API', z.object({ openapi: z.string() })) },
    },
  },
  '/healthz': {
    servers: AT_ROOT,
    get: {
      operationId: 'getHealth',
      summary: 'Says that the process lives',
      tags: ['health'],
      security: NO_TOKEN,
      responses: { 200: json('It lives', z.object({ status: z.literal('ok') })) },
    },
  },
  '/readyz': {
    servers: AT_ROOT,
    get: {
      operationId: 'getReadiness',
      summary: 'Says whether the process can do its work, and what is degraded',
      description: 'Reasons are shown to tokens with `scheduler:admin` and on METRICS_PORT.',
      tags: ['health'],
      security: NO_TOKEN,
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
