import { subscribe } from 'node:diagnostics_channel';
import { IncomingMessage, ServerResponse } from 'node:http';

const asked = new Map<object, string>();
const served = new Map<ServerResponse, IncomingMessage>();
const onServed = new Set<(request: IncomingMessage, response: ServerResponse) => void>();

/** The HTTP requests that this process sends and serves, since they are watched. */
export const requests = {
  /** A request that nobody has in hand: on its way to its server, or its answer on the way back. */
  onTheWay: (): string | undefined => {
    const held = [...served].filter(([response, request]) => isHeld(response, request)).length;
    return asked.size > held ? `a response to one of ${[...asked.values()].join(', ')}` : undefined;
  },
  /** Those that a server of this process has got, and has not answered. */
  held: (): string[] =>
    [...served].flatMap(([response, request]) => (isHeld(response, request) ? [nameOf(request)] : [])),
  /** Calls this with each request that a server of this process gets, until the function returned is called. */
  onServed: (tell: (request: IncomingMessage, response: ServerResponse) => void): (() => void) => {
    onServed.add(tell);
    return () => onServed.delete(tell);
  },
};

let isWatching = false;

/** Watches every request of this process from now on. */
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
