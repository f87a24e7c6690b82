/**
 * Clock, timers, randomness and logger, which cli/ builds and compose.ts hands to every part. No part in the engine's
 * path gets time or randomness by any other way, so that tests and the simulation control both.
 */
export type Runtime = {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly log: Logger;
};

export type Clock = {
  /** Wall-clock time of this process, epoch milliseconds; may jump. */
  now(): number;
  /** Milliseconds since an arbitrary start; never goes back, and goes on while the machine is suspended. */
  monotonic(): number;
};

/**
 * For a `look`, what runs then only looks whether there is something to do, and none of it falls due at that time. A test
 * that moves the clock over hours makes few looks on the way. To `gather` is to wait for more to do at one go: where a
 * test moves the clock, nothing waits for that.
 */
type Purpose = 'look' | 'gather';

export type Timers = {
  /** Calls `run` once after `delayMs`. Returns a function that cancels it. */
  after(delayMs: number, run: () => void, purpose?: Purpose): () => void;
  /** Resolves after `delayMs`, or at once when the signal aborts; never rejects. */
  sleep(delayMs: number, signal?: AbortSignal, purpose?: Purpose): Promise<void>;
};

/** The `sleep` of timers that have this `after`. */
export const createSleep =
  (after: Timers['after']): Timers['sleep'] =>
  (delayMs, signal, purpose) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const done = () => {
        cancel();
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const cancel = after(delayMs, done, purpose);
      signal?.addEventListener('abort', done);
    });

export type Random = {
  /** A random UUID (version 4), lower case. */
  uuid(): string;
  /** Uniform in [0, 1). */
  fraction(): number;
  /** Cryptographically strong bytes. */
  bytes(length: number): Buffer;
};

/** Fields of a log line, beside its message. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Where log lines go. Errors are logged under the field `error`. */
export type Logger = {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
};
