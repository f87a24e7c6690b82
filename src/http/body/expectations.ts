import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import type { RequestHandler } from 'express';
import { DomainError } from '../../domain/domain-error.ts';

/** Responses to clients that wait for `100 Continue` before they send a body. */
const waiting = new WeakSet<ServerResponse>();

/**
 * Lets a client that sent `Expect: 100-continue` wait until `letContinue` is called: a request that is rejected by its
 * headers then never sends its body. Requests with other expectations go to the handler, which rejects them.
 */
export const deferRequestBodies = (server: Server, handle: RequestListener): void => {
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    waiting.add(response);
    handle(request, response);
  });
  server.on('checkExpectation', handle);
};

/** A name or address, and a port (RFC 9112, 3.2; RFC 3986, 3.2.2). */
const HOST = /^(?:[\w.~!$&'()*+,;=%-]*|\[[\dA-Fa-f:.]+\])(?::\d*)?$/;

/**
 * Rejects requests that HTTP/1.1 tells a server to reject and express would accept: without a Host header, with
 * several or one that is no host, or with an unknown expectation. Node could reject them too, but without problem details.
 */
export const rejectExpectations: RequestHandler = ({ httpVersion, headers, headersDistinct }, _response, next) => {
  const hosts = headersDistinct.host?.length ?? 0;
  if (hosts > 1 || (hosts === 0 && httpVersion === '1.1')) {
    throw new DomainError('BAD_REQUEST', 'an HTTP/1.1 request must have exactly one Host header');
  }
  if (headers.host !== undefined && !HOST.test(headers.host)) {
    throw new DomainError('BAD_REQUEST', 'the Host header is not a host with an optional port');
  }
  if (headers.expect !== undefined && headers.expect.toLowerCase() !== '100-continue') {
    throw new DomainError('EXPECTATION_FAILED', 'Expect must be 100-continue');
  }
  next();
};

/** Sends `100 Continue` where the client waits for it. */
export const letContinue = (response: ServerResponse): void => {
  if (waiting.delete(response)) response.writeContinue();
};
