import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, createClient, Problem, Unreachable } from '../client/client.ts';
import type { Readiness } from '../client/schema.ts';
import type { ReceivedAnswer, TransportOptions } from '../client/transport.ts';
import { warningsOf } from '../client/warnings.ts';
import { plain } from '../runtime/text.ts';
import { type Access, accessOf, type ServerOptions } from './access.ts';
import { errorText, serverUnreachable, type TypedOptions } from './error-text.ts';
import type { Terminal } from './fail.ts';

export type Query = Readonly<Record<string, unknown>>;
export type ServerRequest = {
  readonly method?: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** Below `/_/scheduler`. */
  readonly path: string;
  readonly query?: Query;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
};

export type ServerResponse<T> = {
  readonly status: number;
  readonly data: T;
  readonly headers: ReceivedAnswer['headers'];
};

/**
 * A running server. What it answers is taken for what the API's description says, as the page takes it: the schemas that
 * answers are made by load its database driver.
 */
export type Server = Access & {
  readonly client: Client;
  /** @throws ServerRejected with what the server says where it rejects; Error where it gave no answer */
  ask<T>(request: ServerRequest): Promise<ServerResponse<T>>;
  /** Whether it is ready, and what it has trouble with, as `/readyz` says; undefined where a proxy lets nobody ask it. */
  readiness(): Promise<Readiness | undefined>;
  /** An answer that is read while it is sent. */
  askStreamed(request: ServerRequest): Promise<Readable>;
};

/** The server rejected. */
export class ServerRejected extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/**
 * Finds a running server by what the options name, as `accessOf` says. No redirect is followed, and no proxy is asked.
 * @throws Error that says what to do where the server or its token is not known
 */
export const connect = async (
  options: ServerOptions,
  { env, stderr }: Pick<Terminal, 'env' | 'stderr'> = process,
  typed: TypedOptions = {},
): Promise<Server> => {
  const access = await accessOf(options, env);
  const note = (line: string): void => void stderr.write(`carillon: ${plain(line)}\n`);
  const client = createClient({ ...access, patienceMs: 0, fetch: sendByHttp });
  const send = async ({ method = 'get', query, ...request }: ServerRequest): Promise<ReceivedAnswer> => {
    const { path, ...init } = { ...request, params: { query }, method: method.toUpperCase() };
    for (let waitedSeconds = 0; ; ) {
      try {
        const answer = await client.fetch(path, init);
        for (const warning of warningsOf(answer)) note(`warning: ${warning}`);
        return answer;
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
      const answer = await sendByHttp(`${access.url}/readyz`, { method: 'GET', headers, signal: null });
      const response = jsonOf(await answer.text());
      return response?.roles === undefined ? undefined : response;
    },
    askStreamed: async (request) => Readable.from((await send(request)).body ?? []),
    ask: async (request) => {
      const answer = await send(request);
      const { status, headers } = answer;
      const text = await answer.text();
      const data = text === '' ? undefined : jsonOf(text);
      if (text !== '' && data === undefined) throw toText(new Problem(status, text));
      return { status, data, headers };
    },
  };
};

/** What a command says of an error of the client. */
export const toText = (
  error: unknown,
  { method, typed }: Pick<ServerRequest, 'method'> & { readonly typed?: TypedOptions | undefined } = {},
): unknown => {
  if (error instanceof Unreachable) return serverUnreachable(error.cause, method);
  if (!(error instanceof Problem)) return error;
  const { status, body, retryAfterSeconds } = error;
  return new ServerRejected(status, errorText(status, body, { retryAfter: retryAfterSeconds, typed }));
};

const TOO_MANY = 429;
const MAX_WAIT_SECONDS = 300;

/** Sends a request without fetch, which would first be loaded: that takes half of the time of a command. */
const sendByHttp: NonNullable<TransportOptions['fetch']> = async (url, { method, headers, body }) => {
  // An import would read all that the module exports, and so load fetch and WebSocket.
  const { request } = process.getBuiltinModule(url.startsWith('https:') ? 'node:https' : 'node:http');
  const asked = request(url, { method, headers });
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    asked.on('response', resolve).on('error', reject);
    asked.end(body);
  });
  return {
    status: answer.statusCode ?? 0,
    headers: { get: (name) => [answer.headers[name] ?? []].flat().join(', ') || null },
    body: answer,
    text: async () => Buffer.concat(await answer.toArray()).toString(),
  };
};

/** Undefined where it is no JSON. */
const jsonOf = (text: string) => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** Why a change is made, for the audit. */
export const reasonHeader = (reason: string | undefined): Readonly<Record<string, string>> =>
  reason === undefined ? {} : { 'Carillon-Reason': encodeURIComponent(reason) };
