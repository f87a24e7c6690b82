import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestHandler } from 'express';
import type { World } from '../world.ts';

const HEADER = 'X-Request-Id';
const SANE_ID = /^[A-Za-z0-9._:~-]{1,128}$/;
/** W3C Trace Context, version 00. */
const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** Gives each request an id, the caller's own where it is sane, and tells it back. */
export const correlate =
  ({ random }: Pick<World, 'random'>): RequestHandler =>
  (request, response, next) => {
    const given = request.get(HEADER);
    response.setHeader(HEADER, given !== undefined && SANE_ID.test(given) ? given : random.uuid());
    next();
  };

/** The id that the request was given. */
export const correlationOf = (response: ServerResponse): string => String(response.getHeader(HEADER));

/** Undefined where the header is absent or malformed, as the standard wants it treated. */
export const traceparentOf = ({ headersDistinct }: IncomingMessage): string | undefined => {
  const [value, ...others] = headersDistinct.traceparent ?? [];
  return value !== undefined && others.length === 0 && TRACEPARENT.test(value) ? value : undefined;
};
