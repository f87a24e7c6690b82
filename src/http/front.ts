import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { World } from '../world.ts';
import { holdBodiesBack } from './expectations.ts';
import { answerUnreadable } from './unreadable.ts';

/** The HTTP server of a process. It listens from the very start, and its handler is exchanged when the app is built. */
export type Front = {
  /** The caller makes it listen. */
  readonly server: Server;
  /** Handles all further requests with this handler. */
  serve(handle: RequestListener): void;
  /** Stops listening and closes idle connections. Answers under way have `limitMs` to end; then they are cut off. */
  close(limitMs: number): Promise<void>;
};

/**
 * Creates the server of a process.
 * @param first handles requests until `serve` is called
 */
export const createFront = (first: RequestListener, { timers, random }: Pick<World, 'timers' | 'random'>): Front => {
  // The handler refuses a request without Host (refuseExpectations), with problem details.
  const server = createServer({ requireHostHeader: false });
  const sockets = new Set<Socket>();
  const underWay = new Map<ServerResponse, Socket>();
  let current = first;
  let closed: Promise<void> | undefined;

  const closeIdle = (): void => {
    const busy = new Set(underWay.values());
    for (const socket of sockets) if (!busy.has(socket)) socket.destroySoon();
  };
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    underWay.set(response, request.socket);
    response.once('close', () => {
      underWay.delete(response);
      if (closed !== undefined) closeIdle();
    });
    current(request, response);
  };
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('request', answer);
  server.on('clientError', (error, duplex) => {
    const socket = [...sockets].find((each) => each === duplex);
    const isAnswered = socket === undefined || [...underWay.values()].includes(socket);
    if (isAnswered || !socket.writable) duplex.destroy();
    else answerUnreadable({ error, socket }, { correlationId: random.uuid(), timers });
  });
  holdBodiesBack(server, answer);

  const shut = async (limitMs: number): Promise<void> => {
    if (!server.listening) return;
    const ended = once(server, 'close');
    server.close();
    for (const response of underWay.keys()) if (!response.headersSent) response.setHeader('Connection', 'close');
    closeIdle();
    const cancel = timers.after(limitMs, () => {
      for (const socket of sockets) socket.destroy();
    });
    await ended;
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
