import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestHandler } from 'express';
import type { World } from '../runtime/world.ts';

const HEADER = 'X-Request-Id';
const WELL_FORMED_ID = /^[A-Za-z0-9._:~-]{1,128}$/;
/** W3C Trace Context, version 00. */
const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** Gives each request a correlation id and returns it in `X-Request-Id`. A well-formed id of the caller's is kept. */
export const correlate =
  ({ random }: Pick<World, 'random'>): RequestHandler =>
  (request, response, next) => {
    const given = request.get(HEADER);
    response.setHeader(HEADER, given !== undefined && WELL_FORMED_ID.test(given) ? given : random.uuid());
    next();
  };

/** The correlation id of the request that this response answers. */
export const correlationOf = (response: ServerResponse): string => String(response.getHeader(HEADER));

/** The request's `traceparent`; undefined where it is absent or malformed, as W3C Trace Context asks. */
export const traceparentOf = ({ headersDistinct }: IncomingMessage): string | undefined => {
  const [value, ...others] = headersDistinct.traceparent ?? [];
  return value !== undefined && others.length === 0 && TRACEPARENT.test(value) ? value : undefined;
};
