import { once } from 'node:events';
import {
  createServer,
  type IncomingMessage,
  METHODS,
  type RequestListener,
  type Server,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http';
import type { Socket } from 'node:net';
import type { DomainErrorCode } from '../domain/codes/problem-codes.ts';
import { DomainError } from '../domain/domain-error.ts';
import type { Runtime, Timers } from '../runtime/runtime.ts';
import { deferRequestBodies } from './body.ts';
import { type Problem, toProblem } from './responses/problem-details.ts';

/** A connection that reads nothing of its response for this long is closed. */
const SLOWEST_MS = 60_000;
/** A client that vanished without closing its connection is looked for after this time, so that it gets no work. */
const KEEP_ALIVE_MS = 10_000;
/** Maximum requests that wait on a connection for earlier responses. A connection that sends more is closed. */
const MAX_WAITING = 100;

/** The HTTP server of a process. It listens from the start, and its handler is replaced when the app is ready. */
export type Front = {
  /** The caller starts listening. */
  readonly server: Server;
  /** Uses this handler for all further requests. */
  serve(handle: RequestListener): void;
  /** Stops listening and closes idle connections. Responses in progress have `limitMs` to finish before they are cut off. */
  close(limitMs: number): Promise<void>;
};

/**
 * Creates the server of a process. A connection has one request in progress: later ones wait until its response was read, so
 * no connection holds more than one response in memory.
 * @param first handles requests until `serve` is called
 */
export const createFront = (first: RequestListener, { timers, random }: Runtime): Front => {
  // The handler rejects a request without Host (rejectExpectations), with problem details.
  const server = createServer({ requireHostHeader: false, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS });
  const sockets = new Set<Socket>();
  const requestInProgress = new Map<Socket, ServerResponse>();
  /** Starts the waiting requests of each connection. */
  const waiting = new WeakMap<Socket, (() => void)[]>();
  const latest = new WeakMap<Socket, IncomingMessage>();
  let current = first;
  let closed: Promise<void> | undefined;

  const closeIdle = (): void => {
    for (const socket of sockets) if (!requestInProgress.has(socket)) socket.destroySoon();
  };
  const begin = (request: IncomingMessage, response: ServerResponse): void => {
    const { socket } = request;
    requestInProgress.set(socket, response);
    response.once('close', () => {
      requestInProgress.delete(socket);
      if (closed !== undefined) closeIdle();
      else if (socket.writable) waiting.get(socket)?.shift()?.();
    });
    current(request, response);
  };
  const result = (request: IncomingMessage, response: ServerResponse): void => {
    const { socket } = request;
    const queue = waiting.get(socket) ?? [];
    waiting.set(socket, queue);
    latest.set(socket, request);
    if (!requestInProgress.has(socket)) begin(request, response);
    else if (queue.length < MAX_WAITING) queue.push(() => begin(request, response));
    else socket.destroy();
  };
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    closeWhenRead(socket, timers);
  });
  server.on('request', result);
  // A handler that is still working has no response to read yet.
  server.setTimeout(SLOWEST_MS, (socket) => {
    if (!requestInProgress.has(socket) || socket.writableLength > 0) socket.destroy();
  });
  server.on('clientError', (error, duplex) => {
    const socket = [...sockets].find((each) => each === duplex);
    if (socket === undefined || latest.get(socket)?.complete === false) duplex.destroy();
    else if (requestInProgress.has(socket)) {
      socket.pause();
      waiting.get(socket)?.push(() => rejectUnreadable({ error, socket }, random.uuid()));
    } else if (socket.writable) rejectUnreadable({ error, socket }, random.uuid());
  });
  deferRequestBodies(server, result);

  const shut = async (limitMs: number): Promise<void> => {
    if (!server.listening) return;
    const ended = once(server, 'close');
    server.close();
    for (const response of requestInProgress.values())
      if (!response.headersSent) response.setHeader('Connection', 'close');
    closeIdle();
    const cancel = timers.after(limitMs, () => {
      for (const socket of sockets) socket.destroy();
    });
    await ended;
    await Promise.all([...sockets].map((socket) => once(socket, 'close')));
    cancel();
  };

  return {
    server,
    serve: (handle) => {
      current = handle;
    },
    close: (limitMs) => {
      closed ??= shut(limitMs);
      return closed;
    },
  };
};

/** How long a client has to read its last response before its connection is closed. */
const READ_MS = 1_000;

/**
 * Keeps a socket open after its last response, and drops received bytes until the client closes it: bytes that arrive at a
 * closed socket reset the connection, and the response is lost (RFC 9112, 9.6).
 */
const closeWhenRead = (socket: Socket, timers: Timers): void => {
  socket.destroySoon = () => {
    if (socket.writableEnded) return;
    const cancel = timers.after(READ_MS, () => socket.destroy());
    socket.once('close', cancel);
    socket.end();
    socket.resume();
  };
};

/** The rejection for each error code of the HTTP parser. */
type RejectionText = readonly [code: DomainErrorCode, message: string];
const REJECTIONS: ReadonlyMap<unknown, RejectionText> = new Map([
  ['HPE_HEADER_OVERFLOW', ['HEADERS_TOO_LARGE', 'the request line and headers are larger than 16 KiB']],
  ['HPE_CHUNK_EXTENSIONS_OVERFLOW', ['BODY_TOO_LARGE', 'the chunk extensions are larger than 16 KiB']],
  ['ERR_HTTP_REQUEST_TIMEOUT', ['REQUEST_TIMEOUT', 'the request did not arrive in time']],
]);
const UNREADABLE: RejectionText = ['BAD_REQUEST', 'this is not an HTTP/1.1 request'];
const OTHER_METHOD: RejectionText = ['METHOD_NOT_IMPLEMENTED', 'this service does not support this method'];

/** A request line with an unknown method: RFC 9110 requires another response than for an invalid request. */
const REQUEST_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+) \S+ HTTP\/1\.[01]\r\n/;

/** The problem details for an error of the HTTP parser. */
const problemOf = (error: Error, correlationId: string): Problem => {
  const known = 'code' in error ? REJECTIONS.get(error.code) : undefined;
  const [code, message] = known ?? (hasOtherMethod(error) ? OTHER_METHOD : UNREADABLE);
  return toProblem(new DomainError(code, message), { instance: '', correlationId });
};

const hasOtherMethod = (error: Error): boolean => {
  const [, method] = ('rawPacket' in error && REQUEST_LINE.exec(String(error.rawPacket))) || [];
  return method !== undefined && !METHODS.includes(method);
};

/**
 * Responds to a request that the HTTP parser could not read, and closes its connection, because what follows can't be
 * parsed.
 */
const rejectUnreadable = (
  { error, socket }: { readonly error: Error; readonly socket: Socket },
  correlationId: string,
): void => {
  const problem = problemOf(error, correlationId);
  const body = JSON.stringify(problem);
  const head = [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? ''}`,
    'Content-Type: application/problem+json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Cache-Control: no-store',
    `X-Request-Id: ${correlationId}`,
    'Connection: close',
  ];
  socket.on('error', () => {});
  socket.write(`${head.join('\r\n')}\r\n\r\n${body}`);
  socket.destroySoon();
};
