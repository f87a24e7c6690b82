import type { LogFields, Logger, Random, Runtime } from './runtime.ts';

export type OutageLog = {
  failed(error: unknown): void;
  worked(): void;
};

/**
 * Logs one warning when an operation starts failing and one line when it recovers. Failures in between go to debug level.
 * @param what - plural name of the operation
 */
export const createOutageLog = (log: Logger, what: string, fields: LogFields = {}): OutageLog => {
  let failures = 0;
  return {
    failed: (error) => {
      failures += 1;
      log[failures === 1 ? 'warn' : 'debug']({ ...fields, error, failures }, `${what} fail`);
    },
    worked: () => {
      if (failures > 0) log.info({ ...fields, failures }, `${what} work again`);
      failures = 0;
    },
  };
};

const RETRY: Backoff = { firstMs: 500, longestMs: 10_000 };

type RepeatOptions = {
  readonly world: Runtime;
  readonly outages: OutageLog;
  readonly signal: AbortSignal;
};

/**
 * Retries work until it succeeds. The pauses start small again after it has worked for a while.
 * @returns `undefined` if the signal aborted first
 */
export const retryUntilDone = async <T>(
  { world, outages, signal }: RepeatOptions,
  run: () => Promise<T>,
): Promise<T | undefined> => {
  for (let failures = 1; ; failures++) {
    const beganMs = world.clock.monotonic();
    try {
      const done = await run();
      outages.worked();
      return done;
    } catch (error) {
      if (signal.aborted) return undefined;
      outages.failed(error);
      if (world.clock.monotonic() - beganMs > RETRY.longestMs) failures = 1;
      await world.timers.sleep(backoffMs(failures, RETRY), signal);
      if (signal.aborted) return undefined;
    }
  }
};

/** Exponential backoff: the first pause and the maximum. */
export type Backoff = { readonly firstMs: number; readonly longestMs: number };

/** Returns the pause before the n-th retry, in milliseconds; `retry` counts from 1. */
export const backoffMs = (retry: number, { firstMs, longestMs }: Backoff): number =>
  Math.min(firstMs * 2 ** (retry - 1), longestMs);

/** Shortens a pause randomly by up to half, so that callers that failed together do not retry together. */
export const withFullJitter = (pauseMs: number, random: Random): number => pauseMs * (0.5 + random.fraction() / 2);
