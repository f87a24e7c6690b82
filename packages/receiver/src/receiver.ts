import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { requireNode } from '../../client/src/node-version.ts';
import type { Completion } from '../../client/src/schema.ts';
import { createTransport } from '../../client/src/transport.ts';

/** The response to a call. */
export type Reply = {
  readonly status?: number;
  /** Sent as JSON. */
  readonly body?: unknown;
};

/** The outcome of a call as JSON: the response, and the result reported later, if any. */
export type CallOutcome = { readonly reply: Reply & { readonly status: number }; readonly completion?: Completion };

/** Remembers calls by id, which all attempts of an execution share, so that each is handled once. */
export type RepeatStore = {
  /** Starts a call unless it is in progress or has an outcome. Must be atomic. */
  begin(id: string): Promise<'begun' | 'requestInProgress' | CallOutcome>;
  finish(id: string, outcome: CallOutcome): Promise<void>;
  /** Forgets a failed call, so that its next attempt is handled. */
  abandon(id: string): Promise<void>;
};

type MemoryStoreOptions = {
  /** How long an outcome is remembered; by default a day. */
  readonly keepMs?: number;
  readonly now?: () => number;
};

const DAY_MS = 86_400_000;

/** Stores calls in memory: for tests, and for single-process receivers with work that ends with the process. */
export const memoryStore = ({ keepMs = DAY_MS, now = Date.now }: MemoryStoreOptions = {}): RepeatStore => {
  const calls = new Map<string, { readonly untilMs: number; readonly outcome: CallOutcome | undefined }>();
  const keep = (id: string, outcome: CallOutcome | undefined): void => {
    calls.delete(id);
    calls.set(id, { untilMs: now() + keepMs, outcome });
  };
  return {
    begin: async (id) => {
      for (const [old, { untilMs }] of calls) {
        if (untilMs > now()) break;
        calls.delete(old);
      }
      const known = calls.get(id);
      if (known !== undefined) return known.outcome ?? 'requestInProgress';
      keep(id, undefined);
      return 'begun';
    },
    finish: async (id, outcome) => keep(id, outcome),
    abandon: async (id) => void calls.delete(id),
  };
};

/** Reads a header of a request; `undefined` or null if it is absent. */
type GetHeader = (name: string) => string | null | undefined;

type SignedCall = { readonly header: GetHeader; readonly body: Uint8Array };
type SignatureRule = {
  readonly keys: readonly Uint8Array[];
  readonly nowMs: number;
  readonly toleranceMs: number;
};

const KEY = /^whsec_([A-Za-z0-9+/]+={0,2})$/;

/** @throws Error if the key is invalid */
const readKey = (key: string): Uint8Array => {
  const [, base64] = KEY.exec(key) ?? [];
  if (base64 === undefined)
    throw new Error('A signing key must be whsec_ followed by base64. Copy it from the secret of the application.');
  return Buffer.from(base64, 'base64');
};

/**
 * Returns why a call isn't accepted as Carillon's (Standard Webhooks 1.0); `undefined` if it is valid. The completion URL is
 * signed with the id and time of the call, so that results are reported nowhere else.
 */
const signatureFault = (
  { header, body }: SignedCall,
  { keys, nowMs, toleranceMs }: SignatureRule,
): string | undefined => {
  const [id, time, signatures] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map(header);
  if (!id || !time || !signatures) return 'the call is not signed';
  if (!isSigned(signatures, [`${id}.${time}.`, body], keys)) return 'the signature of the call matches no known key';
  if (!(Math.abs(nowMs - Number(time) * 1_000) < toleranceMs)) {
    return 'the signature of the call is too old, or the clocks differ';
  }
  const completionUrl = header('Carillon-Completion-Url');
  if (!completionUrl) return undefined;
  const ofUrl = header('Carillon-Completion-Signature') ?? '';
  if (isSigned(ofUrl, [`${completionUrl}.${id}.${time}`], keys)) return undefined;
  return 'the signature of Carillon-Completion-Url matches no known key, so no result is reported';
};

/** Returns whether one of the signatures matches the parts and one of the keys. */
const isSigned = (
  signatures: string,
  parts: readonly (string | Uint8Array)[],
  keys: SignatureRule['keys'],
): boolean => {
  const expected = keys.map((key) =>
    parts.reduce((hmac, part) => hmac.update(part), createHmac('sha256', key)).digest(),
  );
  return signatures.split(' ').some((signature) => {
    const [version, value = ''] = signature.split(',');
    const given = Buffer.from(value, 'base64');
    return version === 'v1' && expected.some((each) => each.length === given.length && timingSafeEqual(each, given));
  });
};

export { Problem, Unreachable } from '../../client/src/problem.ts';

requireNode({ version: '20', by: '@carillon/receiver' });

type ReceiverOptions = {
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

type Callback = {
  /** Any JSON up to 4 KiB. @throws Problem EXECUTION_ENDED if the execution has ended */
  progress(progress: unknown): Promise<void>;
  /** @throws Problem EXECUTION_ENDED */
  succeed(result?: unknown): Promise<void>;
  /** @throws Problem EXECUTION_ENDED */
  fail(error: string, options?: FailOptions): Promise<void>;
};

type FailOptions = {
  /**
   * False for no retry, or the delay, such as "5m" or milliseconds; by default the job's `backoff`. A retry happens only if
   * the job's `retry` has attempts left and `reported` in `retryOn`.
   */
  readonly retry?: false | string | number;
};

/** Handles a call. The default reply is 204, or 202 with a callback; 500 if it throws. */
export type CallHandler = (call: Call) => Promise<Reply | undefined> | Promise<void>;

type Receiver = {
  /** For Express and Node's own servers. Place it before any body parser, or after `express.raw({ type: '*\/*' })`. */
  middleware(
    handler: CallHandler,
  ): (request: IncomingMessage & { body?: unknown }, response: ServerResponse, next?: (error: unknown) => void) => void;
  /** For servers that map a Request to a Response. Never rejects. */
  fetchHandler(handler: CallHandler): (request: Request) => Promise<Response>;
};

type ReceiverResponse = Reply & { readonly status: number; readonly retryAfter?: string };

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

  const receive = async (received: SignedCall, handler: CallHandler): Promise<ReceiverResponse> => {
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

  const failed = (error: unknown): ReceiverResponse => {
    onError(error);
    return { status: 500 };
  };

  return {
    fetchHandler: (handler) => async (request) => {
      const header: GetHeader = (name) => request.headers.get(name);
      const response = async (): Promise<ReceiverResponse> => {
        const body = await readBody(request.body ?? []);
        return body === undefined ? TOO_LARGE : receive({ header, body }, handler);
      };
      const { status, body: said, retryAfter } = await response().catch(failed);
      const headers = retryAfter === undefined ? {} : { 'Retry-After': retryAfter };
      return said === undefined ? new Response(null, { status, headers }) : Response.json(said, { status, headers });
    },
    middleware: (handler) => (request, response, next) => {
      const header: GetHeader = (name) => request.headers[name.toLowerCase()]?.toString();
      const result = async (): Promise<void> => {
        const body = await rawBody(request);
        const responded = body === undefined ? TOO_LARGE : await receive({ header, body }, handler);
        const { status, body: said, retryAfter } = responded;
        response.statusCode = status;
        if (retryAfter !== undefined) response.setHeader('Retry-After', retryAfter);
        if (said !== undefined) response.setHeader('Content-Type', 'application/json');
        response.end(said === undefined ? undefined : JSON.stringify(said));
      };
      result().catch((error: unknown) => {
        if (next !== undefined) return next(error);
        response.statusCode = failed(error).status;
        response.end();
      });
    },
  };
};

const TOO_LARGE: ReceiverResponse = { status: 413, body: { error: 'the body is too large' } };

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
const repeated = async ({ reply, completion }: CallOutcome, report: Report | undefined): Promise<ReceiverResponse> => {
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
