import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../../src/world.ts';

/** A call as its target got it. */
export type Counted = {
  readonly jobId: number;
  readonly executionId: number;
  readonly attempt: number;
  readonly trigger: string;
  readonly slotMs: number;
  /** When it came, epoch ms. */
  readonly atMs: number;
};

export type CountingTarget = {
  readonly origin: string;
  readonly calls: readonly Counted[];
  /** Resolves at the next call. */
  next(): Promise<void>;
  close(): Promise<void>;
};

const USUAL_MS = 60;
const SLOW_MS = 2_500;
const SLOW_SHARE = 0.02;

/** A target that remembers every call, and mostly answers soon. */
export const startCountingTarget = async (random: Random): Promise<CountingTarget> => {
  const calls: Counted[] = [];
  let called = Promise.withResolvers<void>();
  const server = createServer(async (request, response) => {
    request.resume();
    const header = (name: string): string => String(request.headers[name] ?? '');
    calls.push({
      jobId: Number(header('carillon-job')),
      executionId: Number(header('carillon-execution')),
      attempt: Number(header('carillon-attempt')),
      trigger: header('carillon-trigger'),
      slotMs: Date.parse(header('carillon-scheduled-at')),
      atMs: Date.now(),
    });
    called.resolve();
    called = Promise.withResolvers<void>();
    await sleep(random.fraction() < SLOW_SHARE ? SLOW_MS : random.fraction() * USUAL_MS);
    response.end('ok');
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
