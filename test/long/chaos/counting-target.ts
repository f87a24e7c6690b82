import { createServer, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../../../src/runtime/runtime.ts';

/** A call as its target got it. */
export type Counted = {
  readonly jobId: number;
  readonly executionId: number;
  readonly attempt: number;
  readonly trigger: string;
  readonly slotMs: number;
  /** When it came, epoch ms. */
  readonly atMs: number;
  /** What the path of its address names. */
  readonly manner: string;
  /** How many calls of its manner were under way with it. */
  readonly atOnce: number;
};

/** With these the target of an accepted call says how it ended. */
export type Completion = { readonly call: Counted; readonly token: string; readonly path: string };

export type CountingTarget = {
  readonly origin: string;
  readonly calls: readonly Counted[];
  /** Resolves at the next call. */
  next(): Promise<void>;
  close(): Promise<void>;
};

type Options = {
  readonly random: Random;
  /** Told of each call that is answered with 202. */
  readonly accepted: (completion: Completion) => void;
};

const USUAL_MS = 60;
const SLOW_MS = 2_500;
const SLOW_SHARE = 0.02;

/**
 * A target that remembers every call. The first part of a path says in which manner it answers: `slow` takes a few
 * seconds, `flaky` fails now and then and `failing` mostly, `callback` takes the call and says later how it ended; any
 * other soon answers well.
 */
export const startCountingTarget = async ({ random, accepted }: Options): Promise<CountingTarget> => {
  const calls: Counted[] = [];
  const requestInProgress = new Map<string, number>();
  let called = Promise.withResolvers<void>();

  const result = async (manner: string, response: ServerResponse): Promise<void> => {
    const isSlow = manner === 'slow' || random.fraction() < SLOW_SHARE;
    await sleep(isSlow ? SLOW_MS : random.fraction() * USUAL_MS);
    const failPercent = { flaky: 40, failing: 90 }[manner] ?? 0;
    const fails = random.fraction() * 100 < failPercent;
    response.statusCode = fails ? (FAILURES[Math.floor(random.fraction() * FAILURES.length)] ?? 500) : 200;
    if (response.statusCode === 429) response.setHeader('Retry-After', '1');
    if (manner === 'callback') response.statusCode = 202;
  };

  const server = createServer(async (request, response) => {
    request.resume();
    const header = (name: string): string => String(request.headers[name] ?? '');
    const [, manner = ''] = (request.url ?? '').split('/');
    const atOnce = (requestInProgress.get(manner) ?? 0) + 1;
    requestInProgress.set(manner, atOnce);
    const call: Counted = {
      jobId: Number(header('carillon-job')),
      executionId: Number(header('carillon-execution')),
      attempt: Number(header('carillon-attempt')),
      trigger: header('carillon-trigger'),
      slotMs: Date.parse(header('carillon-scheduled-at')),
      atMs: Date.now(),
      manner,
      atOnce,
    };
    calls.push(call);
    called.resolve();
    called = Promise.withResolvers<void>();
    await result(manner, response);
    requestInProgress.set(manner, (requestInProgress.get(manner) ?? 1) - 1);
    response.end('ok');
    if (response.statusCode !== 202) return;
    const { pathname, search } = new URL(header('carillon-completion-url'));
    accepted({ call, token: header('carillon-completion-token'), path: `${pathname}${search}` });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the target has no port');
  return {
    origin: `http://127.0.0.1:${address.port}`,
    calls,
    next: () => called.promise,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

const FAILURES = [500, 503, 429, 404];
