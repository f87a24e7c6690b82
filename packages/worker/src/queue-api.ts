import { Problem, Unreachable } from '../../client/src/problem.ts';
import { createTransport, isPassing, realSleep } from '../../client/src/transport.ts';

/** How to reach a queue. */
export type QueueAddress = {
  /** Address of the service, such as `https://jobs.example.com`. */
  readonly url: string;
  /** A token with the permission `scheduler:work`, or a function that returns one for each request. */
  readonly token: string | (() => string | Promise<string>);
  /** Application and queue, such as `crm/reports`. */
  readonly queue: string;
};

/** A process that works, as `GET /queues` shows it. */
export type WorkerIdentity = { readonly id: string; readonly host: string; readonly version?: string };

/** A piece of work that was taken. */
export type Work = {
  readonly executionId: number;
  readonly jobId: number;
  readonly jobName: string;
  readonly task: string;
  readonly attempt: number;
  readonly input?: unknown;
  readonly scheduledAt: string;
  readonly deadlineAt: string;
  /** How long the work stays with a worker that sends no heartbeat. */
  readonly leaseMs: number;
  /** Authenticates the heartbeats and the report of this attempt. */
  readonly token: string;
};

export type Take = {
  /** Secret of this take; repeated with the same one, it returns the same work. */
  readonly takeId: string;
  readonly worker: WorkerIdentity;
  /** If absent, all tasks of the queue. */
  readonly tasks?: readonly string[];
  readonly most: number;
};

/** The work in progress; `progress` only if it changed. */
export type Beat = {
  readonly worker: WorkerIdentity;
  readonly running: readonly { readonly executionId: number; readonly token: string; readonly progress?: unknown }[];
};

/** Executions to cancel, and those that the worker has no longer. */
export type HeartbeatResponse = { readonly cancel: readonly number[]; readonly lost: readonly number[] };

/** The end of an attempt. */
export type Report =
  | { readonly status: 'succeeded'; readonly result?: unknown }
  | { readonly status: 'failed'; readonly error: string; readonly retry?: false | number }
  | { readonly status: 'cancelled'; readonly error?: string };

/** The routes for workers. */
export type QueueApi = {
  /** Waits for work until the signal aborts, up to 8 minutes; without a signal, does not wait. */
  take(body: Take, signal?: AbortSignal): Promise<readonly Work[]>;
  beat(body: Beat): Promise<HeartbeatResponse>;
  /** Repeats the report until it is recorded or rejected, or the signal aborts. */
  complete(work: Work, body: Report, signal: AbortSignal): Promise<void>;
};

const TIMEOUT_MS = 10_000;
/** How long the service waits for work. It sends a blank every 25 seconds in the meantime. */
const WAIT = '8m';
const WAIT_TIMEOUT_MS = 40_000;
const FIRST_PAUSE_MS = 250;
const MAX_PAUSE_MS = 10_000;

/** @throws TypeError if the queue is not an application and a queue */
export const createQueueApi = ({ url, token, queue }: QueueAddress): QueueApi => {
  const [application = '', name = '', ...more] = queue.split('/');
  if (application === '' || name === '' || more.length > 0) {
    throw new TypeError(`The queue must be APPLICATION/QUEUE, such as crm/reports, but is ${JSON.stringify(queue)}.`);
  }
  const base = `${url.replace(/\/+$/, '')}/_/scheduler`;
  const queueUrl = `${base}/queues/${encodeURIComponent(application)}/${encodeURIComponent(name)}`;
  // Without its repeats: they send a key by which the service would store the response, which contains secrets.
  const asWorker = createTransport({ token, patienceMs: 0 });
  type Post = { readonly send?: typeof asWorker; readonly body: object; readonly signal?: AbortSignal | undefined };
  /** @param timeoutMs how long the service can send nothing */
  const post = async (to: string, { send = asWorker, body, signal }: Post, timeoutMs = TIMEOUT_MS): Promise<string> => {
    const headers = { 'Content-Type': 'application/json' };
    const request = { method: 'POST', headers, body: JSON.stringify(body) };
    const silent = new AbortController();
    const timer = setTimeout(() => silent.abort(), timeoutMs);
    const either = signal === undefined ? silent.signal : AbortSignal.any([signal, silent.signal]);
    try {
      const response = await send(to, { ...request, signal: either });
      const chunks: Uint8Array[] = [];
      for await (const chunk of response.body ?? []) {
        timer.refresh();
        chunks.push(chunk);
      }
      return Buffer.concat(chunks).toString();
    } catch (error) {
      // A late or interrupted response is none.
      throw error instanceof Problem || error instanceof Unreachable || signal?.aborted
        ? error
        : new Unreachable(error);
    } finally {
      clearTimeout(timer);
    }
  };
  return {
    take: async (take, signal) => {
      const [wait, timeoutMs] = signal === undefined ? ['0s', TIMEOUT_MS] : [WAIT, WAIT_TIMEOUT_MS];
      return JSON.parse(await post(`${queueUrl}/take`, { body: { ...take, wait }, signal }, timeoutMs)).work;
    },
    beat: async (body) => JSON.parse(await post(`${queueUrl}/beat`, { body })),
    complete: async ({ executionId, jobId, token: ofWork }, body, signal) => {
      const send = createTransport({ token: ofWork, patienceMs: 0 });
      const to = `${base}/executions/${executionId}/complete?job=${jobId}`;
      await retryUntilResponse(() => post(to, { send, body, signal }), { signal });
    },
  };
};

type Repeats = {
  readonly signal: AbortSignal;
  /** Called with the error of each request that is repeated. */
  readonly onRepeat?: (error: unknown) => void;
  /** Returns whether a rejected request is repeated too. */
  readonly isRepeated?: (error: unknown) => boolean;
};

/**
 * Repeats a request without a response, or with one that may be another later, with growing pauses.
 * @throws the error of a request that is not repeated, or that the signal aborted
 */
export const retryUntilResponse = async <T>(
  send: () => Promise<T>,
  { signal, onRepeat, isRepeated = isLaterPossible }: Repeats,
): Promise<T> => {
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, MAX_PAUSE_MS)) {
    try {
      return await send();
    } catch (error) {
      if (signal.aborted || !isRepeated(error)) throw error;
      onRepeat?.(error);
      const retryAfterMs = error instanceof Problem ? (error.retryAfterSeconds ?? 0) * 1_000 : 0;
      await realSleep(Math.max(retryAfterMs, pauseMs * (0.5 + Math.random() / 2)), signal);
      if (signal.aborted) throw error;
    }
  }
};

/** Whether the same request may succeed later. */
export const isLaterPossible = (error: unknown): boolean =>
  isPassing(error) || (error instanceof Problem && error.status >= 500);
