import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { World } from '../world.ts';
import { holdBodiesBack } from './expectations.ts';
import { answerUnreadable } from './unreadable.ts';

/** The server of a process, which answers from its first connection on: also while what it is to serve is built. */
export type Front = {
  /** Not listening yet. */
  readonly server: Server;
  /** Answers each further request by this. */
  serve(handle: RequestListener): void;
  /** Takes no more connections and closes those that wait for nothing; answers under way may end within `limitMs`. */
  close(limitMs: number): Promise<void>;
};

/** @param first answers requests until there is something to serve */
export const createFront = (first: RequestListener, { timers, random }: Pick<World, 'timers' | 'random'>): Front => {
  // Its absence is refused by what answers, as all else is.
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
