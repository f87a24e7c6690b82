import { Problem, Unreachable } from './problem.ts';

/** A request for `fetch`. */
export type SentRequest = {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly redirect?: 'manual';
  readonly signal: AbortSignal | null;
};

/** The parts of a `fetch` response that are used. */
export type ReceivedResponse = {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly body: AsyncIterable<Uint8Array> | null;
  text(): Promise<string>;
};

export type TransportOptions = {
  /** A bearer token, or a function that returns one for each request; if absent, the browser's cookie authenticates. */
  readonly token?: string | (() => string | Promise<string>);
  /** Maximum total wait before a request without a response, or with 429 or 503, is repeated. 0: no repeats. */
  readonly patienceMs?: number;
  /** Sends a request without following redirects. */
  readonly fetch?: (url: string, request: SentRequest) => Promise<ReceivedResponse>;
  /** Waits before a repeat; resolves immediately when the signal aborts. */
  readonly sleep?: (delayMs: number, signal?: AbortSignal) => Promise<void>;
};

/**
 * Sends a request and returns a successful response.
 * @throws Problem if the request is rejected, Unreachable without a response
 */
export type Transport = (url: string, request: SentRequest) => Promise<ReceivedResponse>;

const TIMEOUT_MS = 30_000;
const FIRST_PAUSE_MS = 250;
const MAX_PAUSE_MS = 8_000;
/** Their responses contain secrets, which the service does not store for repeats. */
export const UNREPEATED: ReadonlySet<string> = new Set(['/tokens']);

/** Creates a transport that repeats requests; a change keeps its `Idempotency-Key`, so that it is made once. */
export const createTransport = ({
  token,
  patienceMs = TIMEOUT_MS,
  fetch = globalThis.fetch,
  sleep = realSleep,
}: TransportOptions): Transport => {
  const send: Transport = async (url, request) => {
    const response = await fetch(url, { ...request, redirect: 'manual' }).catch((error: unknown) => {
      if (request.signal?.aborted) throw error;
      // The cause has the reason for fetch's error.
      throw new Unreachable(error instanceof Error && error.cause !== undefined ? error.cause : error);
    });
    if (response.status >= 200 && response.status < 300) return response;
    throw new Problem(response.status, parsed(await response.text()), response.headers.get('retry-after'));
  };
  return async (url, given) => {
    const headers = {
      ...(token === undefined ? {} : { Authorization: `Bearer ${typeof token === 'string' ? token : await token()}` }),
      ...given.headers,
    };
    if (patienceMs === 0 || isUnrepeated(url, given)) return send(url, { ...given, headers });
    const key = given.method === 'GET' ? {} : { 'Idempotency-Key': crypto.randomUUID() };
    const request = { ...given, headers: { ...key, ...headers } };
    let remainingMs = patienceMs;
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, MAX_PAUSE_MS)) {
      try {
        return await send(url, request);
      } catch (error) {
        const waitMs = isPassing(error) ? (retryAfterMs(error) ?? pauseMs * (0.5 + Math.random() / 2)) : undefined;
        if (waitMs === undefined || waitMs > remainingMs) throw error;
        remainingMs -= waitMs;
        await sleep(waitMs, request.signal ?? undefined);
      }
    }
  };
};

export const realSleep: NonNullable<TransportOptions['sleep']> = (delayMs, signal) =>
  new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, delayMs);
    signal?.addEventListener('abort', done);
  });

const isUnrepeated = (url: string, { method }: SentRequest): boolean =>
  method === 'POST' && [...UNREPEATED].some((path) => url.endsWith(path));

/** Returns whether the same request may succeed later. */
export const isPassing = (error: unknown): boolean =>
  error instanceof Unreachable ||
  (error instanceof Problem && (error.status === 429 || error.status === 503 || error.code === 'REQUEST_IN_PROGRESS'));

const retryAfterMs = (error: unknown): number | undefined =>
  error instanceof Problem && error.retryAfterSeconds !== undefined ? error.retryAfterSeconds * 1_000 : undefined;

/** Parses JSON; returns the text if it is not JSON, `undefined` if there is none. */
const parsed = (text: string): unknown => {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    return text;
  }
};
