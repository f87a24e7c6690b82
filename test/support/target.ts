import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import type { Timers } from '../../src/runtime/runtime.ts';

export type Received = {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  /** Identifies the connection. */
  readonly clientPort: number;
};

export type Target = {
  readonly port: number;
  readonly origin: string;
  /** Every request with a fully read body, oldest first. */
  readonly received: readonly Received[];
  /** Resolves when `count` requests in all have been received. */
  receivedAll(count: number): Promise<void>;
  /** Maximum number of simultaneous requests. */
  mostAtOnce(): number;
  /** Forgets what it has received. */
  forget(): void;
  /** Resolves when a connection that was open has closed. */
  connectionClosed(): Promise<void>;
  close(): Promise<void>;
};

const nodeTimers: Pick<Timers, 'sleep'> = { sleep: (delayMs) => setTimeout(delayMs) };

type Answer = (request: Received, response: ServerResponse, query: URLSearchParams) => void;

const json = (response: ServerResponse, body: unknown): void => {
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(body));
};

const compressed = (response: ServerResponse, encoding: string, body: Buffer): void => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': encoding });
  response.end(body);
};

const BOMB = gzipSync(Buffer.alloc(50 * 1_048_576));
const SMALL = JSON.stringify({ small: true });

/** By path; the behavior of targets. */
const ANSWERS: ReadonlyMap<string, Answer> = new Map<string, Answer>([
  ['/echo', (request, response) => json(response, request)],
  [
    '/status',
    (_request, response, query) => {
      response.statusCode = Number(query.get('code'));
      response.end('answer');
    },
  ],
  [
    '/redirect',
    (_request, response, query) => {
      const location = query.get('to');
      response.writeHead(Number(query.get('code') ?? 302), location === null ? {} : { location });
      response.end();
    },
  ],
  // Echoes everything received, in every way: head, body, and redirect.
  [
    '/mirror',
    (request, response, query) => {
      const all = JSON.stringify(request);
      for (const [name, value] of Object.entries(request.headers)) response.setHeader(`x-got-${name}`, value ?? '');
      response.setHeader('x-url', request.url);
      response.setHeader('x-all', encodeURIComponent(all));
      response.setHeader('x-all-base64', Buffer.from(all).toString('base64'));
      const to = query.get('to');
      if (to !== null) response.setHeader('location', `${to}/${encodeURIComponent(all)}?url=${request.url}`);
      response.statusCode = Number(query.get('code') ?? 200);
      response.setHeader('content-type', query.get('type') ?? 'application/json');
      response.end(query.has('raw') ? `${request.body} ${request.url}` : JSON.stringify({ request, all: [all] }));
    },
  ],
  ['/loop', (request, response) => response.writeHead(302, { location: `${request.url}x` }).end()],
  [
    '/body',
    (_request, response, query) => {
      response.setHeader('content-type', query.get('type') ?? 'text/plain');
      response.end(Buffer.from(query.get('base64') ?? '', 'base64'));
    },
  ],
  ['/large', (_request, response, query) => response.end(Buffer.alloc(Number(query.get('bytes')), 'x'))],
  [
    '/endless',
    (_request, response) => {
      const chunk = Buffer.alloc(65_536, 'x');
      const more = (): void => {
        while (!response.destroyed && response.write(chunk));
      };
      response.on('drain', more);
      more();
    },
  ],
  ['/gzip', (_request, response) => compressed(response, 'gzip', gzipSync(SMALL))],
  ['/deflate', (_request, response) => compressed(response, 'deflate', deflateSync(SMALL))],
  ['/br', (_request, response) => compressed(response, 'br', brotliCompressSync(SMALL))],
  ['/gzip-bomb', (_request, response) => compressed(response, 'gzip', BOMB)],
  ['/gzip-broken', (_request, response) => compressed(response, 'gzip', Buffer.from('no gzip at all'))],
  // Accepts the request and never responds.
  ['/silent', () => undefined],
  // Sends a head and a first byte, and then nothing more.
  ['/drip', (_request, response) => response.writeHead(200, { 'content-length': '100' }).write('x')],
  ['/reset', (_request, response) => response.socket?.resetAndDestroy()],
  [
    '/reset-in-body',
    (_request, response, query) => {
      response.writeHead(Number(query.get('code') ?? 200), { 'content-length': '100' });
      response.write('x', () => response.socket?.resetAndDestroy());
    },
  ],
  [
    '/bad-chunk',
    (_request, response) => response.socket?.end('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nx\r\n'),
  ],
  ['/short', (_request, response) => response.socket?.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nx')],
  ['/garbage', (_request, response) => response.socket?.end('this is no HTTP\r\n\r\n')],
  ['/large-head', (_request, response) => response.setHeader('x-large', 'x'.repeat(20_000)).end()],
  [
    '/early-hints',
    (_request, response) => {
      response.writeEarlyHints({ link: '</style.css>; rel=preload' });
      json(response, { after: 'hints' });
    },
  ],
]);

const read = async (request: IncomingMessage): Promise<Received> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  const { method = '', url = '', headers, socket } = request;
  return { method, url, headers, body: Buffer.concat(chunks).toString(), clientPort: socket.remotePort ?? 0 };
};

/**
 * A local HTTP target that records requests and responds by path with normal or faulty behavior; delayed by `?after=`, in ms
 * of these timers.
 */
export const startTarget = async (timers: Pick<Timers, 'sleep'> = nodeTimers): Promise<Target> => {
  const received: Received[] = [];
  let inHand = 0;
  let mostInHand = 0;
  let waiting: { readonly count: number; readonly tell: () => void }[] = [];
  let closing: (() => void)[] = [];
  const server = createServer(async (request, response) => {
    const got = await read(request).catch(() => undefined);
    if (got === undefined) return;
    received.push(got);
    const { pathname, searchParams } = new URL(got.url, 'http://target');
    const result = ANSWERS.get(`/${pathname.split('/')[1]?.replace(/^loopx*$/, 'loop')}`);
    mostInHand = Math.max(mostInHand, ++inHand);
    response.once('close', () => {
      inHand -= 1;
    });
    for (const { count, tell } of waiting) if (received.length >= count) tell();
    waiting = waiting.filter(({ count }) => received.length < count);
    const afterMs = searchParams.get('after');
    if (afterMs !== null) await timers.sleep(Number(afterMs));
    if (result === undefined) response.writeHead(404).end();
    else result(got, response, searchParams);
  });
  server.on('connection', (socket) =>
    socket.on('close', () => {
      for (const tell of closing) tell();
      closing = [];
    }),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the target has no port');
  const { port } = address;
  return {
    port,
    origin: `http://127.0.0.1:${port}`,
    received,
    receivedAll: (count) =>
      new Promise((tell) => {
        if (received.length >= count) tell();
        else waiting.push({ count, tell });
      }),
    mostAtOnce: () => mostInHand,
    forget: () => {
      received.length = 0;
      mostInHand = inHand;
    },
    connectionClosed: () => new Promise((tell) => closing.push(tell)),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
