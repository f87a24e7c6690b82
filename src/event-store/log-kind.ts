import type pg from 'pg';
import type { LogHome } from '../domain/events/index.ts';
import type { Logger, Runtime } from '../runtime/runtime.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Codec } from './codec.ts';
import type { EventStore } from './port.ts';

/** The location of a log. */
export type LogLocation = {
  readonly url: string;
  /** Prefix of every stream's name, if several installations can share a server of this kind. */
  readonly prefix: string;
};

export type OpenLogOptions = {
  readonly codec: Codec;
  readonly world: Runtime;
  readonly metrics?: Metrics;
  /** Called with a pool of connections to Postgres, if the log has one. */
  readonly onPool?: (pool: pg.Pool) => void;
};

/** A kind of log: its properties without loading its client. Each has its own folder and a line in `LOG_KINDS`. */
export type LogKind = {
  /** Names the kind in commands and in stored events. */
  readonly name: string;
  /** The schemes of its URLs. Messages show the first. */
  readonly schemes: readonly string[];
  /** `db.system.name` of OpenTelemetry. */
  readonly traceName: string;
  /**
   * Whether positions number the log's events without gaps. They then count events, and no reader can be at a position after
   * the log's end.
   */
  readonly countsEvents: boolean;
  readonly load: () => Promise<LogAdapter>;
};

/** The operations of a kind of log, loaded on demand. */
export type LogAdapter = {
  /** Checks a URL without a connection. @throws Error without the URL, which can contain a password */
  checkUrl(url: string): void;
  /**
   * Creates what the log needs on its server, such as tables. Can be repeated.
   * @throws Error that states what to do, if the server can't be used and waiting does not help
   */
  prepare(location: LogLocation, log: Logger): Promise<void>;
  /** Opens the log. The first call connects. */
  open(location: LogLocation, options: OpenLogOptions): EventStore;
  /** Reads what distinguishes the server from one with a restored copy. */
  place(location: LogLocation, log: Logger): Promise<Omit<LogHome, 'logId' | 'store'>>;
  /** Names the log in messages, without its password. */
  describe(location: LogLocation): string;
  /** Returns whether the log was unreachable, so that a retry can succeed. */
  isAway(failure: unknown): boolean;
  /** Converts a failure of the first calls to an error that states what to do, if the cause is known. */
  explain(failure: unknown, location: LogLocation): unknown;
};
