import { subscribe } from 'node:diagnostics_channel';
import { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { statements, watchStatements } from './statements.ts';

const key = new Map<object, string>();
const served = new Map<ServerResponse, IncomingMessage>();
const onServed = new Set<(request: IncomingMessage, response: ServerResponse) => void>();

/** The HTTP requests that this process sends and serves. */
export const requests = {
  /** A request in transit: on its way to its server, or its response on the way back. */
  onTheWay: (): string | undefined => {
    const held = [...served].filter(([response, request]) => isHeld(response, request)).length;
    return key.size > held ? `a response to one of ${[...key.values()].join(', ')}` : undefined;
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

const watchRequests = (): void => {
  if (isWatching) return;
  isWatching = true;
  subscribe('undici:request:create', (message) => {
    const request = part(message, 'request');
    if (request instanceof Object) key.set(request, sentNameOf(request));
  });
  for (const ended of ['undici:request:trailers', 'undici:request:error']) {
    subscribe(ended, (message) => {
      const request = part(message, 'request');
      if (request instanceof Object) key.delete(request);
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

/** Turns of the event loop without activity that count as idle: on one machine, bytes arrive within a turn. */
const CALM_TURNS = 3;
/** Only a hang takes this long, even on a busy machine. */
const GIVE_UP_MS = 120_000;
/** How often to check for completion of work that only the system knows of. */
const POLL_INTERVAL_MS = 1;
/** Node's names of work that the system does for this process; all other resources wait for a call or a time. */
const WORK = /Req|Connect|Immediate/;

/** Connections to servers of this process that take real time, such as a mail server's before its greeting. */
export const slowConnections = new Set<Socket>();

/** Starts watching this process, as `settled` requires. */
export const watchProcess = (): void => {
  watchStatements();
  watchRequests();
};

/**
 * Resolves when this process is idle until time advances: Postgres has responded to every statement, no request or
 * notification is in transit, and no code has work left.
 * @throws Error naming the remaining work, if that takes so long that it must be hanging
 */
export const settled = async (): Promise<void> => {
  const startedMs = performance.now();
  await calm(startedMs);
  while (statements.mayNotify()) {
    await statements.notified();
    await calm(startedMs);
  }
};

const calm = async (startedMs: number): Promise<void> => {
  for (let [turns, seen] = [0, Number.NaN]; turns < CALM_TURNS; ) {
    await turn();
    const statement = statements.requestInProgress();
    const work = statement ?? requests.onTheWay() ?? systemWork();
    const happened = statements.count() + performance.nodeTiming.uvMetricsInfo.events;
    turns = work === undefined && happened === seen ? turns + 1 : 0;
    seen = happened;
    if (performance.now() - startedMs > GIVE_UP_MS) {
      throw new Error(`The process never becomes idle. It waits for ${work ?? 'nothing, but is active'}.`);
    }
    if (statement !== undefined) await statements.rested();
    else if (work !== undefined) await sleep(POLL_INTERVAL_MS);
  }
};

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const systemWork = (): string | undefined => {
  if (slowConnections.size > 0) return 'a server of this process that takes real time';
  const kind = process.getActiveResourcesInfo().find((name) => WORK.test(name));
  return kind === undefined ? undefined : `the system to do ${kind}`;
};
