import type { ServerResponse } from 'node:http';
import type { RequestHandler } from 'express';
import type { Clock } from '../runtime/runtime.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Tracer } from '../telemetry/tracer.ts';
import { correlationOf, knownMethod, templateOf, traceparentOf } from './request-facts.ts';

/** Upper bounds, seconds. A change waits up to 2 s for the read models, and 12 s for a log that does not respond. */
export const REQUEST_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15] as const;

/** Event streams stay open as long as their readers want, independent of the server. */
const ENDLESS = '/events';

/**
 * Registers the duration of requests and returns the handler that measures them. The label is the route's template, never
 * its path, so callers can't create new series.
 */
export const measureRequests = (metrics: Metrics, clock: Clock): RequestHandler => {
  const observe = metrics.histogram('carillon_http_request_duration_seconds', REQUEST_SECONDS);
  return (request, response, next) => {
    const sinceMs = clock.monotonic();
    response.once('close', () => {
      const route = templateOf(request) ?? 'none';
      if (route === ENDLESS) return;
      const method = knownMethod(request.method) ?? 'other';
      // No status was sent to a client that disconnected before its response.
      const status = response.headersSent ? String(response.statusCode) : 'none';
      observe({ method, route, status }, (clock.monotonic() - sinceMs) / 1_000);
    });
    next();
  };
};

/** The trace contexts of requests in progress. */
const contexts = new WeakMap<ServerResponse, string>();

/** Trace context for the effects of a request; `undefined` without tracing. */
export const traceOf = (response: ServerResponse): string | undefined => contexts.get(response);

/**
 * Creates a span for each request, named by the template of its route; a caller's `traceparent` becomes its parent.
 * Attributes follow OpenTelemetry's conventions for HTTP servers, without query, headers and addresses.
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

/** By the conventions, a caller's mistake is no error of the server. */
const errorOf = ({ headersSent, statusCode, writableFinished }: ServerResponse): string | undefined => {
  if (!headersSent || !writableFinished) return 'CLIENT_GONE';
  return statusCode >= 500 ? String(statusCode) : undefined;
};
