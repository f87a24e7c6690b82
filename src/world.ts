/**
 * Everything that a process touches outside itself, handed in by compose.ts. Nothing in the engine's path reads a
 * clock, sets a timer or draws a random number by any other way, so that tests and simulation move time themselves.
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
  /** Calls `run` once after `delayMs`; the function returned cancels it. */
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

export type LogFields = Readonly<Record<string, unknown>>;

export type Logger = {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
};
