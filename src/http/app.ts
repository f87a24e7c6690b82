import { type Express, type RequestHandler, Router } from 'express';
import { createSensitiveNames, MASK, maskSensitiveHeaders } from '../domain/redaction/index.ts';
import type { Tracer } from '../telemetry/tracer.ts';
import { readBody } from './body/read-body.ts';
import { countCallers, type RequestQuotas } from './callers/quotas.ts';
import { exportRouter } from './export.ts';
import { appOf, type HealthAppDeps } from './health-app.ts';
import { openApiRouter } from './openapi/document.ts';
import { createEndWatch } from './responses/command-responses.ts';
import { explainStopped, rejectOtherMethods, rejectUnknownRoute } from './responses/reject.ts';
import { send } from './responses/response.ts';
import type { Route } from './route.ts';
import { type RouteDeps, routesOf } from './routes/index.ts';
import { type ServeDeps, serveRoute } from './serve-route.ts';
import { type SignInRouterDeps, signInRouter } from './sessions/oidc/router.ts';
import { type SessionRouterDeps, sessionRouter } from './sessions/router.ts';
import { eventsRouter, type Sse } from './sse/index.ts';
import { redirectToUi, type UiFiles, uiRouter } from './ui.ts';
import { traceRequests } from './watch-requests.ts';

export type AppDeps = Omit<RouteDeps, 'quotas'> &
  Omit<ServeDeps, 'quotas' | 'whenEnded'> & {
    readonly quotas: RequestQuotas;
    readonly health: HealthAppDeps;
    readonly version: string;
    readonly tracer: Tracer;
    readonly events: Sse;
    readonly sessions: SessionRouterDeps['sessions'] & SignInRouterDeps['sessions'];
    /** Whether `/_/scheduler/echo` is served. */
    readonly echo: boolean;
    /** The admin page. */
    readonly uiFiles: UiFiles;
  };

/** The express application that serves the whole API. It does not listen yet. */
export const createApp = (deps: AppDeps): Express => {
  const routes = routesOf(deps);
  const rest = Router().get('/', redirectToUi).use(rejectUnknownRoute);
  const api = [
    openApiRouter(routes, deps.version),
    uiRouter(deps.uiFiles),
    traceRequests(deps.tracer),
    ...(deps.echo ? [echoRouter()] : []),
    eventsRouter(deps),
    exportRouter(deps),
    sessionRouter(deps),
    signInRouter(deps),
    apiRouter(routes, deps),
    explainStopped(() => deps.projections.stopped()),
  ];
  return appOf(deps.health, api, rest);
};

const apiRouter = (routes: readonly Route[], deps: Omit<ServeDeps, 'whenEnded'>): Router => {
  const serving = { ...deps, whenEnded: createEndWatch(deps) };
  const router = Router({ caseSensitive: true });
  for (const [path, ofPath] of Map.groupBy(routes, (route) => route.path)) {
    const at = router.route(path);
    for (const route of ofPath) at[route.method](serveRoute(route, serving));
    at.all(
      rejectOtherMethods(
        ofPath.map(({ method }) => method.toUpperCase()),
        countCallers(serving.authenticate, serving.quotas),
      ),
    );
  }
  return router;
};

/** `/echo` answers with the request that it got, and needs no token: a target to try jobs on. Development mode only. */
const echoRouter = (): Router => {
  const router = Router({ caseSensitive: true });
  router.all('/echo{/*rest}', echo);
  return router;
};

const NAMES = createSensitiveNames();

const echo: RequestHandler = async (request, response) => {
  const body = (await readBody(request, response)).toString('utf8');
  const headers = Object.entries(request.headersDistinct).map(([name, values = []]) => [name, values.join(', ')]);
  const query = Object.entries(request.query).map(([name, value]) => [name, NAMES.parameter(name) ? MASK : value]);
  send(response, {
    status: 200,
    body: {
      method: request.method,
      path: request.path,
      query: Object.fromEntries(query),
      headers: maskSensitiveHeaders(Object.fromEntries(headers), NAMES),
      body: jsonOr(body),
    },
  });
};

const jsonOr = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return text === '' ? null : text;
  }
};
