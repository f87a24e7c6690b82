import type { LogFields, Logger, Random, Runtime } from './runtime.ts';

export type OutageLog = {
  failed(error: unknown): void;
  worked(): void;
};

/**
 * Logs a warning when an operation begins to fail and a line when it works again. Failures in between are logged at
 * debug level.
 * @param what names the operation, in the plural
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
 * Repeats what fails until it is done. What went well for a while before it failed is soon repeated.
 * @returns undefined where the signal aborted first
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

/** Exponential backoff: the first pause, and the longest one that doubling may lead to. */
export type Backoff = { readonly firstMs: number; readonly longestMs: number };

/** Returns the pause before the n-th retry, in milliseconds; `retry` counts from 1. */
export const backoffMs = (retry: number, { firstMs, longestMs }: Backoff): number =>
  Math.min(firstMs * 2 ** (retry - 1), longestMs);

/** Shortens a pause by up to half, at random, so that callers that failed together do not retry together. */
export const withFullJitter = (pauseMs: number, random: Random): number => pauseMs * (0.5 + random.fraction() / 2);
