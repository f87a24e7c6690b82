import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import type { RequestHandler } from 'express';
import { Refusal } from '../domain/refusal.ts';

/** Answers to clients that wait for `100 Continue` before they send a body. */
const waiting = new WeakSet<ServerResponse>();

/**
 * Has such clients wait until the body is asked for: one that is refused by its headers never sends it. Other
 * expectations go to the handler too.
 */
export const holdBodiesBack = (server: Server, handle: RequestListener): void => {
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    waiting.add(response);
    handle(request, response);
  });
  server.on('checkExpectation', handle);
};

/** What HTTP/1.1 has a server refuse, and express would take: by its own handler, so that it is told as all else is. */
export const refuseExpectations: RequestHandler = ({ httpVersion, headers }, _response, next) => {
  if (httpVersion === '1.1' && headers.host === undefined) {
    throw new Refusal('BAD_REQUEST', 'a request of HTTP/1.1 has a Host header');
  }
  if (headers.expect !== undefined && headers.expect.toLowerCase() !== '100-continue') {
    throw new Refusal('EXPECTATION_FAILED', 'the only expectation that can be met is 100-continue');
  }
  next();
};

export const letContinue = (response: ServerResponse): void => {
  if (waiting.delete(response)) response.writeContinue();
};
