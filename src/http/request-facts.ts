import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Request, RequestHandler } from 'express';
import { rejectField } from '../domain/domain-error.ts';
import { isPlainText } from '../domain/values.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { decodeEscapes } from '../runtime/text.ts';

const HEADER = 'X-Request-Id';
const WELL_FORMED_ID = /^[A-Za-z0-9._:~-]{1,128}$/;
/** W3C Trace Context, version 00. */
const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** Gives each request a correlation id and returns it in `X-Request-Id`. Keeps a caller's well-formed id. */
export const correlate =
  ({ random }: Runtime): RequestHandler =>
  (request, response, next) => {
    const given = request.get(HEADER);
    response.setHeader(HEADER, given !== undefined && WELL_FORMED_ID.test(given) ? given : random.uuid());
    next();
  };

/** The correlation id of the response's request. */
export const correlationOf = (response: ServerResponse): string => String(response.getHeader(HEADER));

/** The request's `traceparent`; `undefined` if it is absent or malformed, as W3C Trace Context requires. */
export const traceparentOf = ({ headersDistinct }: IncomingMessage): string | undefined => {
  const [value, ...others] = headersDistinct.traceparent ?? [];
  return value !== undefined && others.length === 0 && TRACEPARENT.test(value) ? value : undefined;
};

const MAX_REASON = 500;

/**
 * Reads the caller's reason for a change from the header `Carillon-Reason`: ASCII with optional percent-encoded UTF-8. Other
 * percent signs are kept.
 * @throws DomainError BAD_INPUT
 */
export const readReason = (request: Request): string | undefined => {
  const given = request.get('carillon-reason');
  if (given === undefined) return undefined;
  const reason = /^[\x20-\x7e]*$/.test(given) ? decodeEscapes(given) : undefined;
  if (reason !== undefined && reason.length >= 1 && reason.length <= MAX_REASON && isPlainText(reason)) return reason;
  const message = `must be 1 to ${MAX_REASON} characters without control characters; percent-encode those outside ASCII`;
  throw rejectField('BAD_INPUT', '/carillon-reason', message);
};

const operations = new WeakMap<IncomingMessage, string>();

/** Notes the API operation of a request. */
export const noteOperation = (request: IncomingMessage, operationId: string): void => {
  operations.set(request, operationId);
};

/** The API operation of a request; `undefined` if no route serves its path. */
export const operationOf = (request: IncomingMessage): string | undefined => operations.get(request);

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** Returns the method if routes know it, otherwise `undefined`. */
export const knownMethod = (method: string): string | undefined => (METHODS.has(method) ? method : undefined);

/** The path template of the request's route; `undefined` without a route. */
export const templateOf = (request: Request): string | undefined => {
  const route: unknown = request.route;
  if (typeof route !== 'object' || route === null || !('path' in route)) return undefined;
  return typeof route.path === 'string' ? route.path : undefined;
};
