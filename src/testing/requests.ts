import { subscribe } from 'node:diagnostics_channel';
import { IncomingMessage, ServerResponse } from 'node:http';

const asked = new Map<object, string>();
const served = new Map<ServerResponse, IncomingMessage>();
const onServed = new Set<(request: IncomingMessage, response: ServerResponse) => void>();

/** The HTTP requests that this process sends and serves. */
export const requests = {
  /** A request in transit: on its way to its server, or its response on the way back. */
  onTheWay: (): string | undefined => {
    const held = [...served].filter(([response, request]) => isHeld(response, request)).length;
    return asked.size > held ? `a response to one of ${[...asked.values()].join(', ')}` : undefined;
  },
  /** Requests that a server of this process received and has not responded to. */
  held: (): string[] =>
    [...served].flatMap(([response, request]) => (isHeld(response, request) ? [nameOf(request)] : [])),
  /** Calls the function with each request that a server of this process receives, until the returned function is called. */
  onServed: (tell: (request: IncomingMessage, response: ServerResponse) => void): (() => void) => {
    onServed.add(tell);
    return () => onServed.delete(tell);
  },
};

let isWatching = false;

export const watchRequests = (): void => {
  if (isWatching) return;
  isWatching = true;
  subscribe('undici:request:create', (message) => {
    const request = part(message, 'request');
    if (request instanceof Object) asked.set(request, sentNameOf(request));
  });
  for (const ended of ['undici:request:trailers', 'undici:request:error']) {
    subscribe(ended, (message) => {
      const request = part(message, 'request');
      if (request instanceof Object) asked.delete(request);
    });
  }
  subscribe('http.server.request.start', (message) => {
    const [request, response] = [part(message, 'request'), part(message, 'response')];
    if (!(request instanceof IncomingMessage && response instanceof ServerResponse)) return;
    served.set(response, request);
    response.once('close', () => served.delete(response));
    for (const tell of onServed) tell(request, response);
  });
};

const isHeld = (response: ServerResponse, request: IncomingMessage): boolean =>
  request.complete && !response.writableEnded && !response.destroyed;

const nameOf = ({ method, headers, url }: IncomingMessage): string => `${method} http://${headers.host}${url}`;
const sentNameOf = (request: object): string =>
  `${part(request, 'method')} ${part(request, 'origin')}${part(request, 'path')}`;
const part = (of: unknown, name: string): unknown => (of instanceof Object ? Reflect.get(of, name) : undefined);
