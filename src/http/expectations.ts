import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';

/** Answers to clients that wait for `100 Continue` before they send a body. */
const waiting = new WeakSet<ServerResponse>();

/** Has such clients wait until the body is asked for: one that is refused by its headers never sends it. */
export const holdBodiesBack = (server: Server, handle: RequestListener): void => {
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    waiting.add(response);
    handle(request, response);
  });
};

export const letContinue = (response: ServerResponse): void => {
  if (waiting.delete(response)) response.writeContinue();
};
