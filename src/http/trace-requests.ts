import type { ServerResponse } from 'node:http';
import type { RequestHandler } from 'express';
import type { Tracer } from '../telemetry/tracer.ts';
import { correlationOf, traceparentOf } from './correlation.ts';
import { knownMethod, templateOf } from './route-template.ts';

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
