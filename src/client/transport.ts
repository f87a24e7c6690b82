import { createSleep } from '../runtime/runtime.ts';
import { Problem, Unreachable } from './problem.ts';

/** A request, as `fetch` takes it. */
export type SentRequest = {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly redirect?: 'manual';
  readonly signal: AbortSignal | null;
};

/** What of an answer of `fetch` is read. */
export type ReceivedAnswer = {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly body: AsyncIterable<Uint8Array> | null;
  text(): Promise<string>;
};

export type TransportOptions = {
  /** The bearer token, or what gives one for each request. Without it, the browser's cookie says who asks. */
  readonly token?: string | (() => string | Promise<string>);
  /** How long it may wait in all before it repeats a request that found no answer, or 429 or 503. 0: it repeats none. */
  readonly patienceMs?: number;
  /** Sends a request, and follows no redirect. */
  readonly fetch?: (url: string, request: SentRequest) => Promise<ReceivedAnswer>;
  /** Waits before a repeat; resolves at once when the signal aborts. */
  readonly sleep?: (delayMs: number, signal?: AbortSignal) => Promise<void>;
};

/**
 * Sends a request, and returns an answer that is no rejection.
 * @throws Problem where it is rejected, Unreachable where nobody answers
 */
export type Transport = (url: string, request: SentRequest) => Promise<ReceivedAnswer>;

const TIMEOUT_MS = 30_000;
const FIRST_PAUSE_MS = 250;
const MAX_PAUSE_MS = 8_000;
/** Their answers have secrets, which the service stores for no repeat. */
export const UNREPEATED: ReadonlySet<string> = new Set(['/tokens']);

/** A transport that repeats; a change has the same `Idempotency-Key` each time, so that it is made once. */
export const createTransport = ({
  token,
  patienceMs = TIMEOUT_MS,
  fetch = globalThis.fetch,
  sleep = realSleep,
}: TransportOptions): Transport => {
  const ask: Transport = async (url, request) => {
    const answer = await fetch(url, { ...request, redirect: 'manual' }).catch((error: unknown) => {
      if (request.signal?.aborted) throw error;
      // fetch has the reason in its cause.
      throw new Unreachable(error instanceof Error && error.cause !== undefined ? error.cause : error);
    });
    if (answer.status >= 200 && answer.status < 300) return answer;
    throw new Problem(answer.status, parsed(await answer.text()), answer.headers.get('retry-after'));
  };
  return async (url, given) => {
    const headers = {
      ...(token === undefined ? {} : { Authorization: `Bearer ${typeof token === 'string' ? token : await token()}` }),
      ...given.headers,
    };
    if (patienceMs === 0 || isUnrepeated(url, given)) return ask(url, { ...given, headers });
    const key = given.method === 'GET' ? {} : { 'Idempotency-Key': crypto.randomUUID() };
    const request = { ...given, headers: { ...key, ...headers } };
    let remainingMs = patienceMs;
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, MAX_PAUSE_MS)) {
      try {
        return await ask(url, request);
      } catch (error) {
        const waitMs = isPassing(error) ? (retryAfterMs(error) ?? pauseMs * (0.5 + Math.random() / 2)) : undefined;
        if (waitMs === undefined || waitMs > remainingMs) throw error;
        remainingMs -= waitMs;
        await sleep(waitMs, request.signal ?? undefined);
      }
    }
  };
};

export const realSleep = createSleep((delayMs, run) => {
  const timer = setTimeout(run, delayMs);
  return () => clearTimeout(timer);
});

const isUnrepeated = (url: string, { method }: SentRequest): boolean =>
  method === 'POST' && [...UNREPEATED].some((path) => url.endsWith(path));

/** Whether the same request may be answered otherwise in a while. */
export const isPassing = (error: unknown): boolean =>
  error instanceof Unreachable ||
  (error instanceof Problem && (error.status === 429 || error.status === 503 || error.code === 'REQUEST_IN_PROGRESS'));

const retryAfterMs = (error: unknown): number | undefined =>
  error instanceof Problem && error.retryAfterSeconds !== undefined ? error.retryAfterSeconds * 1_000 : undefined;

/** What a text is as JSON; the text where it is none, undefined where there is none. */
const parsed = (text: string): unknown => {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    return text;
  }
};
