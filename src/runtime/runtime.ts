/**
 * Clock, timers, randomness and logger, created by cli/ and passed to every part by compose.ts. The engine's path has no
 * other source of time or randomness, so that tests and the simulation control both.
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
  /** Milliseconds since an arbitrary start; never goes back, and continues while the machine is suspended. */
  monotonic(): number;
};

/**
 * `look`: the timer only polls, and no work is due at its time, so a test that moves the clock over hours runs few of them.
 * `gather`: waits for more work to batch; a test clock does not wait for it.
 */
type Purpose = 'look' | 'gather';

export type Timers = {
  /** Calls `run` once after `delayMs`. Returns a function that cancels it. */
  after(delayMs: number, run: () => void, purpose?: Purpose): () => void;
  /** Resolves after `delayMs`, or immediately when the signal aborts; never rejects. */
  sleep(delayMs: number, signal?: AbortSignal, purpose?: Purpose): Promise<void>;
};

/** Creates `sleep` from `after`. */
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
  /** Uniform in [0, 1). Not for secrets. */
  fraction(): number;
  /** Cryptographically strong bytes. */
  bytes(length: number): Buffer;
};

export type LogFields = Readonly<Record<string, unknown>>;

/** Errors are logged under the field `error`. */
export type Logger = {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
};
