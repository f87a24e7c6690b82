import type { IncomingMessage } from 'node:http';
import { type RequestHandler, Router } from 'express';
import type { z } from 'zod';
import { DomainError } from '../domain/domain-error.ts';
import { CALL_HEADER } from '../domain/targets/index.ts';
import type { Authenticate } from './callers/authenticate.ts';
import { hasAllPermissions, requirePermission } from './callers/authorize.ts';
import type { ReadinessSchema } from './resources/installation.ts';
import { rejectOtherMethods } from './responses/reject.ts';
import { send } from './responses/response.ts';

/** What `/readyz` answers by. Troubles that do not make the process unready are beside: it still gets requests. */
export type Readiness = Omit<z.infer<typeof ReadinessSchema>, 'status'> & {
  /** Whether this process should get requests: every role that these need can do its work. */
  readonly ready: boolean;
};

export type HealthRouterDeps = {
  readonly readiness: () => Promise<Readiness>;
  /** The metrics of this process, in the text format of Prometheus. */
  readonly metrics: { render(): Promise<{ readonly contentType: string; readonly text: string }> };
  /** Recognises administrators: only they get metrics and reasons. Undefined: all who reach the port get them. */
  readonly authenticate: Authenticate | undefined;
};

/** The readiness of a process that is still starting: no role is ready. */
export const startingHealth = (roles: readonly string[], reason: () => string) => async (): Promise<Readiness> => ({
  ready: false,
  roles: Object.fromEntries(roles.map((role) => [role, { ready: false, reason: reason() }])),
  degraded: [],
});

/** `/healthz`, `/readyz` and `/metrics`, for orchestrators. `/healthz` and the state of `/readyz` need no token. */
export const healthRouter = ({ readiness, metrics, authenticate }: HealthRouterDeps): Router => {
  const router = Router({ caseSensitive: true });
  const get = (path: string, handler: RequestHandler, guard?: Authenticate): void => {
    router
      .route(path)
      .get(handler)
      .all(rejectOtherMethods(['GET'], guard));
  };

  get('/healthz', (_request, response) => send(response, { status: 200, body: { status: 'ok' } }));

  get('/readyz', async (request, response) => {
    const [found, withReasons] = await Promise.all([readiness(), isAdministrator(request, authenticate)]);
    const { ready, roles, degraded } = withReasons ? found : withoutReasons(found);
    const status = ready ? (degraded.length === 0 ? 'ready' : 'degraded') : 'unready';
    send(response, { status: ready ? 200 : 503, body: { status, roles, degraded } });
  });

  const renderMetrics: RequestHandler = async (request, response) => {
    if (isOwnCall(request)) throw new DomainError('FORBIDDEN', 'jobs cannot read the metrics');
    if (authenticate !== undefined) requirePermission(await authenticate(request), 'scheduler:admin');
    const { contentType, text } = await metrics.render();
    response.setHeader('Content-Type', contentType);
    response.end(text);
  };
  get('/metrics', renderMetrics, authenticate);
  return router;
};

/** Jobs, test calls and webhooks may call this service, but must not read its metrics. */
const isOwnCall = ({ headers }: IncomingMessage): boolean => headers[CALL_HEADER.toLowerCase()] !== undefined;

/** Never rejects: a probe without a valid token gets an answer without reasons. */
const isAdministrator = async (
  request: IncomingMessage,
  authenticate: HealthRouterDeps['authenticate'],
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

/** Removes the reasons: they quote messages of libraries, which may name internal addresses. */
const withoutReasons = ({ ready, roles, degraded }: Readiness): Readiness => ({
  ready,
  roles: Object.fromEntries(Object.entries(roles).map(([role, each]) => [role, { ready: each.ready }])),
  degraded: degraded.map(({ component, since }) => ({ component, since })),
});
