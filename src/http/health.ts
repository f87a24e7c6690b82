import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import { DomainError } from '../domain/domain-error.ts';
import { CALL_HEADER } from '../domain/targets/target-url.ts';
import { hasAllPermissions, requirePermission } from './callers/authorize.ts';
import type { HealthContext, Readiness } from './context.ts';
import { ReadinessSchema } from './resources/common.ts';
import { send } from './responses/response.ts';
import type { OpenRoute } from './route.ts';

/** The readiness of a process that is still starting: no role is ready. */
export const startingHealth = (roles: readonly string[], reason: () => string) => async (): Promise<Readiness> => ({
  ready: false,
  roles: Object.fromEntries(roles.map((role) => [role, { ready: false, reason: reason() }])),
  degraded: [],
});

/** `/healthz`, `/readyz` and `/metrics`, for orchestrators. `/healthz` and the status of `/readyz` need no token. */
export const healthRoutes = ({ readiness, metrics, authenticate }: HealthContext): OpenRoute[] => [
  {
    method: 'get',
    path: '/healthz',
    operationId: 'getHealth',
    summary: 'Shows that the process is alive',
    tag: 'health',
    atRoot: true,
    result: z.object({ status: z.literal('ok') }),
    responses: { 200: 'The process is alive' },
    serve: (_request, response) => send(response, { status: 200, body: { status: 'ok' } }),
  },
  {
    method: 'get',
    path: '/readyz',
    operationId: 'getReadiness',
    summary: 'Shows whether the process is ready, and which components are degraded',
    description: 'Requires no token. Only tokens with `scheduler:admin` and METRICS_PORT see the reasons.',
    tag: 'health',
    atRoot: true,
    result: ReadinessSchema,
    responses: { 200: 'It is ready', 503: 'It is not ready' },
    serve: async (request, response) => {
      const [found, withReasons] = await Promise.all([readiness(), isAdministrator(request, authenticate)]);
      const { ready, roles, degraded } = withReasons ? found : withoutReasons(found);
      const status = ready ? (degraded.length === 0 ? 'ready' : 'degraded') : 'unready';
      send(response, { status: ready ? 200 : 503, body: { status, roles, degraded } });
    },
  },
  {
    method: 'get',
    path: '/metrics',
    operationId: 'getMetrics',
    summary: 'Shows the metrics of the process, for Prometheus',
    description: 'Requires the permission `scheduler:admin`; on METRICS_PORT no token.',
    tag: 'health',
    takes: 'any',
    atRoot: true,
    result: z.string(),
    mediaType: 'text/plain',
    responses: { 200: 'Metrics in the Prometheus text format' },
    problems: { 401: 'The request has no valid token', 403: 'The token lacks the permission' },
    guard: authenticate,
    serve: async (request, response) => {
      if (isOwnCall(request)) throw new DomainError('FORBIDDEN', 'jobs cannot read the metrics');
      if (authenticate !== undefined) requirePermission(await authenticate(request), 'scheduler:admin');
      const { contentType, text } = await metrics.render();
      response.setHeader('Content-Type', contentType);
      response.end(text);
    },
  },
];

/** Jobs, test calls and webhooks can call this service, but must not read its metrics. */
const isOwnCall = ({ headers }: IncomingMessage): boolean => headers[CALL_HEADER.toLowerCase()] !== undefined;

/** Never rejects: a probe without a valid token gets a response without reasons. */
const isAdministrator = async (
  request: IncomingMessage,
  authenticate: HealthContext['authenticate'],
): Promise<boolean> => {
  if (authenticate === undefined) return true;
  const { authorization, cookie } = request.headers;
  if (authorization === undefined && cookie === undefined) return false;
  try {
    return hasAllPermissions(await authenticate(request));
  } catch {
    return false;
  }
};

/** Removes the reasons, because they quote messages of libraries, which may contain internal addresses. */
const withoutReasons = ({ ready, roles, degraded }: Readiness): Readiness => ({
  ready,
  roles: Object.fromEntries(Object.entries(roles).map(([role, each]) => [role, { ready: each.ready }])),
  degraded: degraded.map(({ component, since }) => ({ component, since })),
});
