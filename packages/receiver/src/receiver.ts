import type { IncomingMessage, ServerResponse } from 'node:http';
import { requireNode } from '../../client/src/node-version.ts';
import type { Completion } from '../../client/src/schema.ts';
import { createTransport } from '../../client/src/transport.ts';
import { type CallOutcome, memoryStore, type RepeatStore, type Reply } from './repeat-store.ts';
import { type GetHeader, readKey, type SignedCall, signatureFault } from './signature.ts';

export { Problem, Unreachable } from '../../client/src/problem.ts';
export { type CallOutcome, memoryStore, type RepeatStore, type Reply } from './repeat-store.ts';

requireNode({ version: '20', by: '@carillon/receiver' });

export type ReceiverOptions = {
  /** The application's signing keys, `whsec_…`; two while a key is being replaced. */
  readonly keys: readonly string[];
  /** Where calls are remembered; by default in memory. */
  readonly store?: RepeatStore;
  /** Maximum age of a call's signature, in either direction; by default five minutes. */
  readonly toleranceMs?: number;
  readonly now?: () => number;
  /** Called with the error of a call that gets a 500 response; by default it is printed to stderr. */
  readonly onError?: (error: unknown) => void;
};

/** A call by Carillon with a signed `id` and body. */
export type Call = {
  /** `execution-12`, the same for all attempts of an execution. */
  readonly id: string;
  readonly body: Uint8Array;
  /** @throws SyntaxError if the body is not JSON */
  json(): unknown;
  /** Headers other than `Carillon-Completion-Url` are not signed: `Carillon-Job`, `Carillon-Attempt`, `Carillon-Scheduled-At` and others. */
  readonly header: GetHeader;
  /** Present for a job with `completion: callback`: reports progress and result. */
  readonly callback?: Callback;
};

export type Callback = {
  /** Any JSON up to 4 KiB. @throws Problem EXECUTION_ENDED if the execution has ended */
  progress(progress: unknown): Promise<void>;
  /** @throws Problem EXECUTION_ENDED */
  succeed(result?: unknown): Promise<void>;
  /** @throws Problem EXECUTION_ENDED */
  fail(error: string, options?: FailOptions): Promise<void>;
};

export type FailOptions = {
  /**
   * False for no retry, or the delay, such as "5m" or milliseconds; by default the job's `backoff`. A retry happens only if
   * the job's `retry` has attempts left and `reported` in `retryOn`.
   */
  readonly retry?: false | string | number;
};

/** Handles a call. The default reply is 204, or 202 with a callback; 500 if it throws. */
export type CallHandler = (call: Call) => Promise<Reply | undefined> | Promise<void>;

export type Receiver = {
  /** For Express and Node's own servers. Place it before any body parser, or after `express.raw({ type: '*\/*' })`. */
  middleware(
    handler: CallHandler,
  ): (request: IncomingMessage & { body?: unknown }, response: ServerResponse, next?: (error: unknown) => void) => void;
  /** For servers that map a Request to a Response. Never rejects. */
  fetchHandler(handler: CallHandler): (request: Request) => Promise<Response>;
};

type Answer = Reply & { readonly status: number; readonly retryAfter?: string };

const TOLERANCE_MS = 5 * 60_000;
const CALLBACK_TIMEOUT_MS = 5 * 60_000;
const MAX_BODY_BYTES = 10 * 1_048_576;
const ACCEPTED = 202;
const UNDER_WAY = { status: 503, body: { error: 'the call is still being handled' }, retryAfter: '30' };

/** @throws Error if there is no key, or one is invalid */
export const createReceiver = ({
  keys,
  store = memoryStore(),
  toleranceMs = TOLERANCE_MS,
  now = Date.now,
  onError = console.error,
}: ReceiverOptions): Receiver => {
  const known = keys.map(readKey);
  if (known.length === 0) throw new Error('A receiver needs a signing key.');

  const receive = async (received: SignedCall, handler: CallHandler): Promise<Answer> => {
    const error = signatureFault(received, { keys: known, nowMs: now(), toleranceMs });
    if (error !== undefined) return { status: 401, body: { error } };
    const id = received.header('webhook-id') ?? '';
    const report = reportTo(received.header);
    const begun = await store.begin(id);
    if (begun === 'requestInProgress') return UNDER_WAY;
    if (begun !== 'begun') return repeated(begun, report);
    const callback = report && callbackOf(id, report, store);
    const { header, body } = received;
    const json = (): unknown => JSON.parse(Buffer.from(body).toString());
    try {
      const reply = (await handler({ id, body, json, header, ...(callback && { callback }) })) ?? {};
      const status = reply.status ?? (callback && ACCEPTED) ?? (reply.body === undefined ? 204 : 200);
      // An accepted call counts as handled when its result is reported.
      if (status >= 300) await store.abandon(id);
      else if (callback === undefined || status !== ACCEPTED) await store.finish(id, { reply: { ...reply, status } });
      return { ...reply, status };
    } catch (error) {
      await store.abandon(id);
      throw error;
    }
  };

  const failed = (error: unknown): Answer => {
    onError(error);
    return { status: 500 };
  };

  return {
    fetchHandler: (handler) => async (request) => {
      const header: GetHeader = (name) => request.headers.get(name);
      const answer = async (): Promise<Answer> => {
        const body = await readBody(request.body ?? []);
        return body === undefined ? TOO_LARGE : receive({ header, body }, handler);
      };
      const { status, body: said, retryAfter } = await answer().catch(failed);
      const headers = retryAfter === undefined ? {} : { 'Retry-After': retryAfter };
      return said === undefined ? new Response(null, { status, headers }) : Response.json(said, { status, headers });
    },
    middleware: (handler) => (request, response, next) => {
      const header: GetHeader = (name) => request.headers[name.toLowerCase()]?.toString();
      const answer = async (): Promise<void> => {
        const body = await rawBody(request);
        const answered = body === undefined ? TOO_LARGE : await receive({ header, body }, handler);
        const { status, body: said, retryAfter } = answered;
        response.statusCode = status;
        if (retryAfter !== undefined) response.setHeader('Retry-After', retryAfter);
        if (said !== undefined) response.setHeader('Content-Type', 'application/json');
        response.end(said === undefined ? undefined : JSON.stringify(said));
      };
      answer().catch((error: unknown) => {
        if (next !== undefined) return next(error);
        response.statusCode = failed(error).status;
        response.end();
      });
    },
  };
};

const TOO_LARGE: Answer = { status: 413, body: { error: 'the body is too large' } };

/** @returns `undefined` if the body is too large */
const rawBody = async (request: IncomingMessage & { body?: unknown }): Promise<Uint8Array | undefined> => {
  if (request.body instanceof Uint8Array) return request.body;
  if (request.body !== undefined || request.readableEnded) {
    throw new Error('The body was read before it could be verified. Add the receiver before express.json().');
  }
  return readBody(request);
};

/** @returns `undefined` if the body is too large: the rest is not read */
const readBody = async (body: AsyncIterable<Uint8Array> | Iterable<never>): Promise<Uint8Array | undefined> => {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of body) {
    sizeBytes += chunk.length;
    if (sizeBytes > MAX_BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
};

type Report = (what: 'heartbeat' | 'complete', body: object) => Promise<void>;

/** Reports with the completion token of a call; `undefined` if it has none. */
const reportTo = (header: GetHeader): Report | undefined => {
  const [url, token] = [header('Carillon-Completion-Url'), header('Carillon-Completion-Token')];
  if (!url || !token) return undefined;
  const transport = createTransport({ token, patienceMs: CALLBACK_TIMEOUT_MS });
  return async (what, body) => {
    const headers = { 'Content-Type': 'application/json' };
    const place = url.replace(/\/complete(?=$|\?)/, `/${what}`);
    await transport(place, { method: 'POST', headers, body: JSON.stringify(body), signal: null });
  };
};

/** For a call that was handled before, reports the same result with the token of the next attempt. */
const repeated = async ({ reply, completion }: CallOutcome, report: Report | undefined): Promise<Answer> => {
  if (completion !== undefined) await report?.('complete', completion);
  return reply;
};

const callbackOf = (id: string, report: Report, store: RepeatStore): Callback => ({
  progress: (progress) => report('heartbeat', { progress }),
  succeed: async (result) => {
    const completion: Completion = { status: 'succeeded', ...(result === undefined ? {} : { result }) };
    await store.finish(id, { reply: { status: ACCEPTED }, completion });
    await report('complete', completion);
  },
  fail: async (error, { retry } = {}) => {
    await store.abandon(id);
    const completion: Completion = { status: 'failed', error, ...(retry === undefined ? {} : { retry }) };
    await report('complete', completion);
  },
});
