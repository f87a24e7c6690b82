import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { parse } from 'node:querystring';
import { constants } from 'node:zlib';
import compression from 'compression';
import express, { type Express, type RequestHandler, Router } from 'express';
import helmet from 'helmet';
import { createSensitiveNames, MASK, maskSensitiveHeaders } from '../domain/redaction/index.ts';
import { Refusal } from '../domain/refusal.ts';
import type { World } from '../runtime/world.ts';
import type { Notices } from '../telemetry/notices.ts';
import type { Tracer } from '../telemetry/tracer.ts';
import { send } from './answers/answer.ts';
import { createEndWatch } from './answers/command-answers.ts';
import { answerProblem, refuseOtherMethods, refuseUnknownRoute, refuseUntilStarted } from './answers/refuse.ts';
import { refuseExpectations } from './body/expectations.ts';
import { readBody } from './body/read-body.ts';
import { countCallers, type RequestQuotas } from './callers/quotas.ts';
import { exportRouter } from './export.ts';
import { type HealthRouterDeps, healthRouter, startingHealth } from './health.ts';
import { openApiRouter } from './openapi/document.ts';
import { PREFIX } from './prefix.ts';
import { correlate } from './request-facts.ts';
import type { Route } from './route.ts';
import { type RouteDeps, routesOf } from './routes/index.ts';
import { type ServeDeps, serveRoute } from './serve-route.ts';
import { type SignInRouterDeps, signInRouter } from './sessions/oidc/router.ts';
import { type SessionRouterDeps, sessionRouter } from './sessions/router.ts';
import { eventsRouter, type Sse } from './sse/index.ts';
import { leadToPage, type UiFiles, uiRouter } from './ui.ts';
import { traceRequests } from './watch-requests.ts';

type HealthAppDeps = HealthRouterDeps & {
  readonly world: Pick<World, 'random' | 'log'>;
  readonly notices: Pick<Notices, 'refused'>;
  /** Measures every request. */
  readonly measure: RequestHandler;
};

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
  const rest = Router().get('/', leadToPage).use(refuseUnknownRoute);
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
  ];
  return appOf(deps.health, api, rest);
};

/** The application of a process without the role `api`: it serves health and metrics, and nothing else. */
export const createHealthApp = (deps: HealthAppDeps): Express => appOf(deps, []);

/** The application of a process that is still starting: it lives, it is not ready, and every other request gets 503. */
export const createStartingApp = ({
  roles,
  reason,
  ...deps
}: Omit<HealthAppDeps, 'readiness'> & {
  readonly roles: readonly string[];
  /** Why the process is not ready yet. */
  readonly reason: () => string;
}): Express => appOf({ ...deps, readiness: startingHealth(roles, reason) }, [], refuseUntilStarted);

/** Joins the health routes, the API's handlers below its prefix, and a handler for every other path. */
const appOf = (
  deps: HealthAppDeps,
  api: readonly RequestHandler[],
  rest: RequestHandler = refuseUnknownRoute,
): Express => {
  const app = express();
  app.set('query parser', parseQuery);
  app.set('case sensitive routing', true);
  app.set('etag', false);
  app.set('x-powered-by', false);
  app.use(deps.measure, correlate(deps.world), protect, compress, refuseExpectations);
  app.use(healthRouter(deps));
  for (const handler of api) app.use(PREFIX, handler);
  app.use(rest);
  app.use(answerProblem(deps.world, deps.notices));
  return app;
};

/** The headers that helmet sets: always the same ones, which it puts together anew in 13 steps for each answer. */
const PROTECTING = (() => {
  const headers: (readonly [name: string, value: number | string | readonly string[]])[] = [];
  const response = new ServerResponse(new IncomingMessage(new Socket()));
  response.setHeader = (name, value) => {
    headers.push([name, value]);
    return response;
  };
  helmet()(response.req, response, () => {});
  return headers;
})();

const protect: RequestHandler = (_request, response, next) => {
  for (const [name, value] of PROTECTING) response.setHeader(name, value);
  next();
};

/** Compresses answers over 1 KiB for clients that take that. A stream of events has to go out as it comes. */
const compress = compression({
  level: constants.Z_BEST_SPEED,
  filter: (request, response) =>
    !String(response.getHeader('Content-Type')).startsWith('text/event-stream') &&
    compression.filter(request, response),
});

const apiRouter = (routes: readonly Route[], deps: Omit<ServeDeps, 'whenEnded'>): Router => {
  const serving = { ...deps, whenEnded: createEndWatch(deps) };
  const router = Router({ caseSensitive: true });
  for (const [path, ofPath] of Map.groupBy(routes, (route) => route.path)) {
    const at = router.route(path);
    for (const route of ofPath) at[route.method](serveRoute(route, serving));
    at.all(
      refuseOtherMethods(
        ofPath.map(({ method }) => method.toUpperCase()),
        countCallers(serving.authenticate, serving.quotas),
      ),
    );
  }
  return router;
};

/**
 * Parses a query string to its parameters: each is a text, or a list where it comes more than once.
 * @throws Refusal BAD_REQUEST where it is not percent-encoded UTF-8
 */
const parseQuery = (query: string | null | undefined) => {
  try {
    // The parser replaces malformed UTF-8 silently, so it is checked first.
    decodeURIComponent(query ?? '');
  } catch {
    throw new Refusal('BAD_REQUEST', 'the query is not percent-encoded UTF-8');
  }
  return parse(query ?? '');
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
