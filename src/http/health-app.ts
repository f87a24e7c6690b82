import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { parse } from 'node:querystring';
import { constants } from 'node:zlib';
import compression from 'compression';
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import helmet from 'helmet';
import { DomainError } from '../domain/domain-error.ts';
import { rejectExpectations } from './body.ts';
import type { HealthContext } from './context.ts';
import { healthRoutes, startingHealth } from './health.ts';
import { correlate } from './request-facts.ts';
import { rejectUnknownRoute, rejectUntilStarted, sendProblem } from './responses/reject.ts';
import { PREFIX } from './route.ts';
import { openRouterOf } from './router.ts';

/** The application of a process without the role `api`: serves only health and metrics. */
export const createHealthApp = (deps: HealthContext): Express => appOf(deps, []);

/** The application of a starting process: it is alive but not ready, and every other request gets 503. */
export const createStartingApp = ({
  roles,
  reason,
  ...deps
}: Omit<HealthContext, 'readiness'> & {
  readonly roles: readonly string[];
  readonly reason: () => string;
}): Express => appOf({ ...deps, readiness: startingHealth(roles, reason) }, [], rejectUntilStarted);

/** Combines the health routes, the API's handlers below its prefix, and a handler for every other path. */
export const appOf = (
  deps: HealthContext,
  api: readonly (RequestHandler | ErrorRequestHandler)[],
  rest: RequestHandler = rejectUnknownRoute,
): Express => {
  const app = express();
  app.set('query parser', parseQuery);
  app.set('case sensitive routing', true);
  app.set('etag', false);
  app.set('x-powered-by', false);
  app.use(deps.measure, correlate(deps.world), protect, compress, rejectExpectations);
  app.use(openRouterOf(healthRoutes(deps)));
  for (const handler of api) app.use(PREFIX, handler);
  app.use(rest);
  app.use(sendProblem(deps.world, deps.notices));
  return app;
};

/** The headers that helmet sets, computed once because they are constant. */
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

/**
 * Compresses responses over 1 KiB if the client accepts that. Event streams are excluded, because they must not be delayed.
 */
const compress = compression({
  level: constants.Z_BEST_SPEED,
  filter: (request, response) =>
    !String(response.getHeader('Content-Type')).startsWith('text/event-stream') &&
    compression.filter(request, response),
});

/**
 * Parses a query string to its parameters: each is a text, or a list if it is repeated.
 * @throws DomainError BAD_REQUEST if it is not percent-encoded UTF-8
 */
const parseQuery = (query: string | null | undefined) => {
  try {
    // The parser replaces malformed UTF-8 silently, so it is checked first.
    decodeURIComponent(query ?? '');
  } catch {
    throw new DomainError('BAD_REQUEST', 'the query is not percent-encoded UTF-8');
  }
  return parse(query ?? '');
};
