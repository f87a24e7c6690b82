import type { ServerResponse } from 'node:http';
import type { RequestHandler } from 'express';
import type { Clock } from '../runtime/runtime.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Tracer } from '../telemetry/tracer.ts';
import { correlationOf, knownMethod, templateOf, traceparentOf } from './request-facts.ts';

/** Upper bounds, seconds. A change waits up to 2 s for the read models, and 12 s for a log that does not answer. */
export const REQUEST_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15] as const;

/** Streams of events stay open for as long as their reader wishes: their length says nothing about the server. */
const ENDLESS = '/events';

type MeasureDeps = { readonly metrics: Metrics; readonly clock: Clock };

/**
 * Registers how long requests take, and returns the handler that measures them. They are labelled by the template of their
 * route and never by their path, so no caller can make new series.
 */
export const measureRequests = ({ metrics, clock }: MeasureDeps): RequestHandler => {
  const observe = metrics.histogram('carillon_http_request_duration_seconds', REQUEST_SECONDS);
  return (request, response, next) => {
    const sinceMs = clock.monotonic();
    response.once('close', () => {
      const route = templateOf(request) ?? 'none';
      if (route === ENDLESS) return;
      const method = knownMethod(request.method) ?? 'other';
      // Of a client that went before its answer, no status was sent.
      const status = response.headersSent ? String(response.statusCode) : 'none';
      observe({ method, route, status }, (clock.monotonic() - sinceMs) / 1_000);
    });
    next();
  };
};

/** The trace context that goes on from each request that is being served. */
const contexts = new WeakMap<ServerResponse, string>();

/** Trace context for what a request brings about; undefined where there is none. */
export const traceOf = (response: ServerResponse): string | undefined => contexts.get(response);

/**
 * Makes a span of each request, by the template of its route; a caller's `traceparent` is taken for its parent. Its
 * attributes follow the conventions of OpenTelemetry for HTTP servers, without the query, headers and addresses.
 */
export const traceRequests =
  (tracer: Tracer): RequestHandler =>
  (request, response, next) => {
    const method = knownMethod(request.method) ?? '_OTHER';
    const { baseUrl } = request;
    const span = tracer.start({
      name: method,
      kind: 'server',
      parent: traceparentOf(request),
      correlationId: correlationOf(response),
    });
    if (span.traceparent !== undefined) contexts.set(response, span.traceparent);
    if (span.isRecorded) {
      const path = request.originalUrl.split('?', 1)[0] ?? '';
      response.once('close', () => {
        const { statusCode, headersSent } = response;
        const route = templateOf(request);
        span.end({
          name: route === undefined ? method : `${method} ${baseUrl}${route}`,
          attributes: {
            'http.request.method': method,
            'url.scheme': request.protocol,
            'url.path': path,
            'network.protocol.version': request.httpVersion,
            ...(route === undefined ? {} : { 'http.route': `${baseUrl}${route}` }),
            ...(headersSent ? { 'http.response.status_code': statusCode } : {}),
          },
          error: errorOf(response),
        });
      });
    }
    span.run(next);
  };

/** By the conventions, what the caller did wrong is no error of the server. */
const errorOf = ({ headersSent, statusCode, writableFinished }: ServerResponse): string | undefined => {
  if (!headersSent || !writableFinished) return 'CLIENT_GONE';
  return statusCode >= 500 ? String(statusCode) : undefined;
};
