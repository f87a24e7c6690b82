import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, createClient, Problem, Unreachable } from '../../packages/client/src/client.ts';
import type { Readiness } from '../../packages/client/src/schema.ts';
import type { ReceivedResponse, TransportOptions } from '../../packages/client/src/transport.ts';
import { warningsOf } from '../../packages/client/src/warnings.ts';
import { isRecord } from '../domain/defined.ts';
import { plain } from '../runtime/text.ts';
import { type Access, accessOf, type ServerOptions } from './access.ts';
import { errorText, serverUnreachable, type TypedOptions } from './error-text.ts';
import type { Terminal } from './fail.ts';

export type Query = Readonly<Record<string, unknown>>;
export type RequestContent = {
  readonly query?: Query;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
};
type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';
/** A request of a path below `/_/scheduler`. */
export type ServerRequest = RequestContent & { readonly method?: Method; readonly path: string };

export type ServerResponse<T> = {
  readonly status: number;
  readonly data: T;
  readonly headers: ReceivedResponse['headers'];
};

/**
 * A running server. Its responses are trusted to match the API's description, as in the UI: the schemas of responses would
 * load its database driver.
 */
export type Server = Access & {
  readonly client: Client;
  /** @throws ServerRejected with the server's error; Error without a response */
  send<T>(request: ServerRequest): Promise<ServerResponse<T>>;
  /** The readiness and issues from `/readyz`; `undefined` if a proxy blocks it. */
  readiness(): Promise<Readiness | undefined>;
  /** Sends a request and returns the streamed response. */
  sendStreamed(request: ServerRequest): Promise<Readable>;
};

/** The server rejected a request. */
export class ServerRejected extends Error {
  readonly status: number;
  /** `undefined` if the response is not from a Carillon server. */
  readonly code: string | undefined;
  constructor(status: number, code: string | undefined, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/**
 * Connects to the running server of the options, found like in `accessOf`. Follows no redirects and uses no proxy.
 * @throws Error that states what to do if the server or its token is unknown
 */
export const connect = async (
  options: ServerOptions,
  { env, stderr }: Pick<Terminal, 'env' | 'stderr'> = process,
  typed: TypedOptions = {},
): Promise<Server> => {
  const access = await accessOf(options, env);
  const note = (line: string): void => void stderr.write(`carillon: ${plain(line)}\n`);
  const client = createClient({ ...access, patienceMs: 0, fetch: sendByHttp });
  const send = async ({ method = 'get', query, ...request }: ServerRequest): Promise<ReceivedResponse> => {
    const { path, ...init } = { ...request, params: { query }, method: method.toUpperCase() };
    for (let waitedSeconds = 0; ; ) {
      try {
        const response = await client.fetch(path, init);
        for (const warning of warningsOf(response)) note(`warning: ${warning}`);
        return response;
      } catch (error) {
        const seconds = error instanceof Problem && error.status === TOO_MANY ? error.retryAfterSeconds : undefined;
        if (seconds === undefined || waitedSeconds + seconds > MAX_WAIT_SECONDS) throw toText(error, { method, typed });
        note(`Rate limited; retrying in ${seconds} s`);
        waitedSeconds += seconds;
        await sleep(seconds * 1_000);
      }
    }
  };
  return {
    ...access,
    client,
    readiness: async () => {
      const headers = { Authorization: `Bearer ${access.token}` };
      const result = await sendByHttp(`${access.url}/readyz`, { method: 'GET', headers, signal: null });
      const response = jsonOf(await result.text());
      return response?.roles === undefined ? undefined : response;
    },
    sendStreamed: async (request) => Readable.from((await send(request)).body ?? []),
    send: async (request) => {
      const response = await send(request);
      const { status, headers } = response;
      const text = await response.text();
      const data = text === '' ? undefined : jsonOf(text);
      if (text !== '' && data === undefined) throw toText(new Problem(status, text));
      return { status, data, headers };
    },
  };
};

/** Formats an error of the client for a command. */
export const toText = (
  error: unknown,
  { method, typed }: { readonly method?: Method; readonly typed?: TypedOptions } = {},
): unknown => {
  if (error instanceof Unreachable) return serverUnreachable(error.cause, method);
  if (!(error instanceof Problem)) return error;
  const { status, body, retryAfterSeconds } = error;
  const code = isRecord(body) && typeof body.code === 'string' ? body.code : undefined;
  return new ServerRejected(status, code, errorText(status, body, { retryAfter: retryAfterSeconds, typed }));
};

const TOO_MANY = 429;
const MAX_WAIT_SECONDS = 300;

/** Sends a request without fetch, whose loading takes half of a command's time. */
const sendByHttp: NonNullable<TransportOptions['fetch']> = async (url, { method, headers, body }) => {
  // An import would read all exports of the module, and so load fetch and WebSocket.
  const { request } = process.getBuiltinModule(url.startsWith('https:') ? 'node:https' : 'node:http');
  const requested = request(url, { method, headers });
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    requested.on('response', resolve).on('error', reject);
    requested.end(body);
  });
  return {
    status: response.statusCode ?? 0,
    headers: { get: (name) => [response.headers[name] ?? []].flat().join(', ') || null },
    body: response,
    text: async () => Buffer.concat(await response.toArray()).toString(),
  };
};

/** `undefined` if it is not JSON. */
const jsonOf = (text: string) => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** The header with the reason of a change. */
export const reasonHeader = (reason: string | undefined): Readonly<Record<string, string>> =>
  reason === undefined ? {} : { 'Carillon-Reason': encodeURIComponent(reason) };

/** A change is rejected if another user changed the resource after this response. */
export const ifUnchanged = (headers: ReceivedResponse['headers']): Readonly<Record<string, string>> => {
  const etag = headers.get('etag');
  return etag === null ? {} : { 'If-Match': etag };
};
