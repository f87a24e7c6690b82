/**
 * Clock, timers, randomness and logger, which cli/ builds and compose.ts hands to every part. No part in the engine's
 * path gets time or randomness by any other way, so that tests and the simulation control both.
 */
export type World = {
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

export type Timers = {
  /** Calls `run` once after `delayMs`. Returns a function that cancels it. */
  after(delayMs: number, run: () => void): () => void;
  /** Resolves after `delayMs`, or at once when the signal aborts; never rejects. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>;
};

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
