import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { requireNode } from '../../client/src/node-version.ts';
import { Problem } from '../../client/src/problem.ts';
import { type HeartbeatOptions, type Heartbeats, type HeldWork, startHeartbeats } from './heartbeats.ts';
import { createQueueApi, type QueueAddress, type Report, retryUntilResponse, type Work } from './queue-api.ts';
import { delayMsOf, messageOf, sendableProgress } from './text.ts';

/** A schema of Standard Schema, version 1 (standardschema.dev), such as one of zod, valibot or arktype. */
export type InputSchema<Input> = {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => Validated<Input> | Promise<Validated<Input>>;
    readonly types?: { readonly input: unknown; readonly output: Input } | undefined;
  };
};

type Validated<Input> =
  | { readonly value: Input; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

type SchemaIssue = {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
};

/** @throws TypeError that names each field with its issue */
const checkInput = async <Input>(schema: InputSchema<Input>, value: unknown): Promise<Input> => {
  const checked = await schema['~standard'].validate(value);
  if (checked.issues === undefined) return checked.value;
  throw new TypeError(checked.issues.map(({ path = [], message }) => `${placeOf(path)}: ${message}`).join('; '));
};

const placeOf = (path: NonNullable<SchemaIssue['path']>): string =>
  ['input', ...path.map((part) => String(typeof part === 'object' ? part.key : part))].join('.');

export { Problem, Unreachable } from '../../client/src/problem.ts';

requireNode({ version: '20.3', by: '@carillon/worker' });

type WorkerOptions = QueueAddress & {
  /** Maximum number of runs at a time, up to 1000; by default 1. No more work is taken than can begin. */
  readonly concurrency?: number;
  /** Version of this program, shown with its host in the list of queues. */
  readonly version?: string;
  /**
   * Called once when the service can't be reached, and for reports and progress that it rejects. By default, the error is
   * printed to stderr.
   */
  readonly onError?: (error: unknown) => void;
  /** Called when the service responds again after `onError`; by default, a line is printed to stderr. */
  readonly onRecovered?: () => void;
  /**
   * Called once when the service rejects requests for work: the token is invalid or lacks a permission, or there is no such
   * application. The worker continues to try until `stop`. By default, `onError` is called.
   */
  readonly onRejected?: (problem: Problem) => void;
};

/** One attempt of an execution. */
export type Run<Input> = Pick<Work, 'executionId' | 'jobId' | 'jobName' | 'task' | 'attempt'> & {
  readonly input: Input;
  /** The slot that the run is for, in ISO 8601. */
  readonly scheduledAt: string;
  /** When the attempt fails if it hasn't ended. */
  readonly deadlineAt: string;
  /** Aborts when the execution is cancelled, or no longer this worker's. */
  readonly signal: AbortSignal;
  /**
   * Shows progress: any JSON up to 4 KiB, sent with the next heartbeat.
   * @throws RangeError if it is larger, or has what the service can't store, such as NUL; TypeError if it is no JSON
   */
  progress(progress: unknown): Promise<void>;
  /**
   * If this run fails, its next attempt begins after this delay, if the job's `retry` allows one.
   * @param delay milliseconds, or text such as `5m`
   * @throws RangeError if it is no delay of up to 30 days
   */
  retryIn(delay: number | string): void;
};

/** Its result is the run's, any JSON up to 64 KiB. An error that it throws is a failure with its message. */
type Handler<Input> = (run: Run<Input>) => unknown;

export type Worker = {
  /** Takes work of this task, or with `*` of all others, and runs the handler for each. The first handler starts the worker. */
  on(task: string, handler: Handler<unknown>): Worker;
  /** With a schema of Standard Schema: a run fails without retries if its input doesn't match. */
  on<Input>(task: string, input: InputSchema<Input>, handler: Handler<Input>): Worker;
  /** Takes no more work, and resolves when all runs have ended and are reported. */
  stop(): Promise<void>;
};

/** Thrown by a handler for a failure that another attempt would repeat. */
export class NonRetryable extends Error {
  override readonly name = 'NonRetryable';
}

type Running = {
  readonly token: string;
  readonly cancel: AbortController;
  readonly lose: AbortController;
  /** Delay of the next attempt, if the handler stated one. */
  retryMs: number | undefined;
};

const TOKEN_REFRESH_MS = 30_000;
/** One heartbeat names all runs. */
const MAX_CONCURRENCY = 1_000;
const MAX_TAKEN = 100;
const ALL_TASKS = '*';
/** The report itself is wrong, such as one with a result that is too large. */
const WRONG_REPORT = [400, 413, 422];

/** @throws TypeError if the queue or the concurrency is invalid */
export const createWorker = (options: WorkerOptions): Worker => {
  const { url, token, queue, concurrency = 1, version, onError = console.error } = options;
  const { onRecovered = () => console.error('Carillon responds again.'), onRejected = onError } = options;
  if (!(Number.isInteger(concurrency) && concurrency > 0 && concurrency <= MAX_CONCURRENCY)) {
    throw new TypeError(`concurrency must be an integer from 1 to ${MAX_CONCURRENCY}, but is ${concurrency}.`);
  }
  const id = `${hostname().slice(0, 64)}-${process.pid}-${randomBytes(4).toString('hex')}`;
  const identity = { id, host: hostname(), ...(version === undefined ? {} : { version }) };
  const handlers = new Map<string, Handler<unknown>>();
  const runs = new Set<Promise<void>>();
  const running = new Map<number, Running>();
  const stopping = new AbortController();
  const stopped = new Promise<void>((resolve) => stopping.signal.addEventListener('abort', () => resolve()));
  const outage = createOutage(onError, onRecovered);
  const rejections = createOutage(onRejected);
  const takeFailed = (error: unknown): void => {
    if (error instanceof Problem && isRejected(error)) {
      outage.ended();
      rejections.failed(error);
    } else outage.failed(error);
  };
  let heartbeats: Heartbeats | undefined;
  let working: Promise<void> | undefined;

  const currentToken = async (): Promise<string> => {
    if (typeof token === 'string') return token;
    const current = await token();
    heartbeats?.send({ type: 'token', token: current });
    return current;
  };
  const api = createQueueApi({ url, queue, token: currentToken });

  const runOf = ({ leaseMs, token, ...work }: Work, state: Running): Run<unknown> => ({
    ...work,
    input: work.input,
    signal: state.cancel.signal,
    retryIn: (delay) => {
      state.retryMs = delayMsOf(delay);
    },
    progress: async (progress) => {
      heartbeats?.send({
        type: 'progress',
        executionId: work.executionId,
        progress: progress === undefined ? undefined : sendableProgress(progress),
      });
    },
  });

  const attempt = async (work: Work, state: Running): Promise<Report> => {
    try {
      const handler = handlers.get(work.task) ?? handlers.get(ALL_TASKS);
      const result = await handler?.(runOf(work, state));
      return result === undefined ? { status: 'succeeded' } : { status: 'succeeded', result };
    } catch (error) {
      if (state.cancel.signal.aborted) return { status: 'cancelled' };
      const failed = { status: 'failed', error: messageOf(error) } as const;
      if (error instanceof NonRetryable) return { ...failed, retry: false };
      return state.retryMs === undefined ? failed : { ...failed, retry: state.retryMs };
    }
  };

  const report = async (work: Work, ended: Report, lost: AbortSignal): Promise<void> => {
    if (lost.aborted) return;
    try {
      await api.complete(work, ended, lost);
    } catch (error) {
      if (lost.aborted) return;
      const isWrong = !(error instanceof Problem) || WRONG_REPORT.includes(error.status);
      const instead = isWrong ? withoutDetails(ended, messageOf(error)) : undefined;
      if (instead !== undefined) return report(work, instead, lost);
      onError(error);
    }
  };

  /** Begins the heartbeats of work. */
  const hold = (work: Work): Running => {
    const { executionId, token: ofWork } = work;
    const cancel = new AbortController();
    const state = { token: ofWork, cancel, lose: new AbortController(), retryMs: undefined };
    // An earlier attempt that still runs here was lost, or there would be no other.
    lose(running.get(executionId));
    running.set(executionId, state);
    heartbeats?.send({ type: 'begun', work });
    return state;
  };

  const run = async (work: Work, state: Running): Promise<void> => {
    const { executionId } = work;
    await report(work, await attempt(work, state), state.lose.signal);
    heartbeats?.send({ type: 'ended', work });
    if (running.get(executionId) === state) running.delete(executionId);
  };

  const take = async (): Promise<readonly Work[]> => {
    const body = {
      takeId: randomBytes(32).toString('base64url'),
      worker: identity,
      ...(handlers.has(ALL_TASKS) ? {} : { tasks: [...handlers.keys()] }),
      most: Math.min(concurrency - runs.size, MAX_TAKEN),
    };
    const { signal } = stopping;
    try {
      const send = () => api.take(body, signal);
      const work = await retryUntilResponse(send, { signal, onRepeat: takeFailed, isRepeated: () => true });
      outage.ended();
      rejections.ended();
      return work;
    } catch {
      // It was stopped while it waited. What it was given nevertheless comes with the same take, and is done.
      return api.take({ ...body, most: 0 }).catch(() => []);
    }
  };

  const start = async (): Promise<void> => {
    const stateOf = ({ executionId, token: ofWork }: HeldWork): Running | undefined => {
      const state = running.get(executionId);
      return state?.token === ofWork ? state : undefined;
    };
    const onResponse: HeartbeatOptions['onResponse'] = ({ cancel, lost }) => {
      outage.ended();
      for (const each of cancel) stateOf(each)?.cancel.abort(new Error('The execution was cancelled.'));
      for (const each of lost) lose(stateOf(each));
    };
    const refresh =
      typeof token === 'string' ? undefined : setInterval(() => currentToken().catch(outage.failed), TOKEN_REFRESH_MS);
    const first = await retryUntilResponse(currentToken, {
      signal: stopping.signal,
      onRepeat: outage.failed,
      isRepeated: () => true,
    });
    const onFailure = outage.failed;
    heartbeats = startHeartbeats({ url, queue, token: first, identity, onResponse, onFailure, onError });
    while (!stopping.signal.aborted) {
      if (runs.size === concurrency) await Promise.race([stopped, ...runs]);
      else {
        const taken = await take();
        // All are held before the first handler begins: it may block this thread for longer than a lease.
        for (const [work, state] of taken.map((each) => [each, hold(each)] as const)) {
          const ended = run(work, state).finally(() => runs.delete(ended));
          runs.add(ended);
        }
      }
    }
    await Promise.all(runs);
    clearInterval(refresh);
    await heartbeats.stop();
  };

  const worker: Worker = {
    on: <Input>(
      task: string,
      ...given: readonly [Handler<unknown>] | readonly [InputSchema<Input>, Handler<Input>]
    ) => {
      if (handlers.has(task)) throw new TypeError(`The task ${task} has a handler.`);
      handlers.set(task, given.length === 1 ? given[0] : withInput(...given));
      // After the code that adds the other handlers: the first take states all tasks.
      working ??= new Promise<void>((resolve) => setImmediate(resolve))
        .then(() => (stopping.signal.aborted ? undefined : start()))
        .catch((error) => (stopping.signal.aborted ? undefined : onError(error)));
      return worker;
    },
    stop: async () => {
      stopping.abort();
      await working;
    },
  };
  return worker;
};

const lose = (state: Running | undefined): void => {
  const reason = new Error('The worker no longer has the execution.');
  state?.lose.abort(reason);
  state?.cancel.abort(reason);
};

const withInput =
  <Input>(schema: InputSchema<Input>, handler: Handler<Input>): Handler<unknown> =>
  async (run) => {
    const input = await checkInput(schema, run.input).catch((error) => {
      throw new NonRetryable(messageOf(error));
    });
    return handler({ ...run, input });
  };

/** A report that can be recorded in place of one that was rejected, and so ends the run; undefined if there is none. */
const withoutDetails = (ended: Report, rejection: string): Report | undefined => {
  switch (ended.status) {
    case 'succeeded':
      // The work was done, so it is not done again.
      return { status: 'failed', error: `The result was rejected: ${rejection}`, retry: false };
    case 'failed': {
      const error = 'The handler failed, and its message was rejected.';
      return ended.error === error ? undefined : { ...ended, error };
    }
    case 'cancelled':
      return undefined;
  }
};

/** The token is invalid or lacks a permission, or there is no such application. */
const REJECTED = [401, 403, 404];
const isRejected = ({ status }: Problem): boolean => REJECTED.includes(status);

/** Reports the first error of a series, and its end. */
const createOutage = <E>(onBegin: (error: E) => void, onEnd = () => {}) => {
  let isBroken = false;
  return {
    failed: (error: E): void => {
      if (!isBroken) onBegin(error);
      isBroken = true;
    },
    ended: (): void => {
      if (isBroken) onEnd();
      isBroken = false;
    },
  };
};
