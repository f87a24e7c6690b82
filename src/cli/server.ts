import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Access, accessOf, type ServerOptions } from './access.ts';
import type { Terminal } from './fail.ts';
import { notAsked, refusalText } from './refusal-text.ts';
import { plain } from './table.ts';

export type Query = Readonly<Record<string, unknown>>;
export type ServerRequest = {
  readonly method?: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** Below `/_/scheduler`. */
  readonly path: string;
  readonly query?: Query;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
};
export type ServerAnswer<T> = {
  readonly status: number;
  readonly data: T;
  readonly headers: IncomingHttpHeaders;
};

/**
 * A running server. What it answers is taken for what the API's description says, as the page takes it: the schemas that
 * answers are made by load its database driver.
 */
export type Server = Access & {
  /** @throws ServerRefused with what the server says where it refuses; Error where it gave no answer */
  ask<T>(request: ServerRequest): Promise<ServerAnswer<T>>;
  /** An answer that is read while it is sent. */
  askStreamed(request: ServerRequest): Promise<IncomingMessage>;
};

/** The server refused. */
export class ServerRefused extends Error {
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
): Promise<Server> => {
  const access = await accessOf(options, env);
  const note = (line: string): void => void stderr.write(`carillon: ${plain(line)}\n`);
  const askStreamed = async (request: ServerRequest): Promise<IncomingMessage> => {
    let waitedSeconds = 0;
    for (;;) {
      const answer = await send(access, request).catch((error: unknown) => {
        throw notAsked(error, request.method);
      });
      const { statusCode: status = 0, headers } = answer;
      for (const warning of warningsOf(headers['carillon-warning'])) note(`warning: ${warning}`);
      if (status < 300) return answer;
      const [data, retryAfter] = [jsonOf(await textOf(answer)), headers['retry-after']];
      const seconds = status === TOO_MANY ? Number(retryAfter) : Number.NaN;
      if (!(waitedSeconds + seconds <= LONGEST_WAIT_SECONDS)) {
        throw new ServerRefused(status, refusalText(status, data, retryAfter));
      }
      note(`the server has too many requests; going on in ${seconds} s`);
      waitedSeconds += seconds;
      await sleep(seconds * 1_000);
    }
  };
  return {
    ...access,
    askStreamed,
    ask: async (request) => {
      const answer = await askStreamed(request);
      const { statusCode: status = 0, headers } = answer;
      const text = await textOf(answer);
      const data = text === '' ? undefined : jsonOf(text);
      if (text !== '' && data === undefined) throw new ServerRefused(status, refusalText(status, undefined, undefined));
      return { status, data, headers };
    },
  };
};

const TOO_MANY = 429;
const LONGEST_WAIT_SECONDS = 300;

const send = async (
  { url, token }: Access,
  { method = 'get', path, query = {}, body, headers = {} }: ServerRequest,
): Promise<IncomingMessage> => {
  // An import would read all that the module exports, and so load fetch and WebSocket: half of the time of a command.
  const { request } = process.getBuiltinModule(url.startsWith('https:') ? 'node:https' : 'node:http');
  const asked = request(`${url}/_/scheduler${path}?${paramsOf(query)}`, {
    method,
    headers: {
      Accept: 'application/json',
      Authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      ...headers,
    },
  });
  return new Promise((resolve, reject) => {
    asked.on('response', resolve).on('error', reject);
    asked.end(body === undefined ? undefined : JSON.stringify(body));
  });
};

const paramsOf = (query: Query): URLSearchParams =>
  new URLSearchParams(
    Object.entries(query).flatMap(([name, value]) =>
      value === undefined ? [] : [value].flat().map((each): [string, string] => [name, String(each)]),
    ),
  );

const textOf = async (answer: IncomingMessage): Promise<string> => Buffer.concat(await answer.toArray()).toString();

/** Undefined where it is no JSON. */
const jsonOf = (text: string) => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const warningsOf = (header: unknown): string[] =>
  [...(typeof header === 'string' ? header : '').matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, text = '']) =>
    text.replace(/\\(.)/g, '$1'),
  );

/** Why a change is made, for the audit. */
export const reasonHeader = (reason: string | undefined): Readonly<Record<string, string>> =>
  reason === undefined ? {} : { 'Carillon-Reason': encodeURIComponent(reason) };
